"""A database that refuses updates of certain rows of runs:

a fault that our own code never makes.
"""


def refusal(vendor: str, condition: str) -> str:
    """SQL that refuses every update after which ``condition`` holds for the row.

    ``{row}`` is before each column. On PostgreSQL run it before rows are made in the same
    transaction.
    """
    if vendor == "postgresql":
        check = f"CHECK (NOT ({condition.format(row='')}))"
        return f"ALTER TABLE runs_run ADD CONSTRAINT refused {check} NOT VALID"
    return (
        f"CREATE TRIGGER refused BEFORE UPDATE ON runs_run WHEN {condition.format(row='NEW.')}"
        " BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )


def no_refusal(vendor: str) -> str:
    """SQL that undoes `refusal`."""
    if vendor == "postgresql":
        return "ALTER TABLE runs_run DROP CONSTRAINT IF EXISTS refused"
    return "DROP TRIGGER IF EXISTS refused"


def refuse(condition: str) -> None:
    """`refusal` for the test's own database, until its transaction ends."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(refusal(connection.vendor, condition))
