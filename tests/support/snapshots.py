"""Everything that the database holds, to compare with what it held before."""

from django.apps import apps
from django.db import connection


def snapshot() -> dict[str, list[str]]:
    """All rows of all tables of models, by table."""
    tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = sorted(map(repr, cursor.fetchall()))
    return found
