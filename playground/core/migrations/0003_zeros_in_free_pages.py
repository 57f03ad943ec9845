import structlog
from django.db import DatabaseError, migrations

log = structlog.get_logger(__name__)


def write_anew(apps, schema_editor):
    """What was deleted before ``secure_delete`` was on still lies in free pages of the file."""
    connection = schema_editor.connection
    if connection.vendor != "sqlite":
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
    except DatabaseError as error:
        # Another process reads, or there is no room for a second copy. Nothing depends on it.
        log.warning("old_deletions_not_erased", error=str(error), do="sqlite3 FILE VACUUM")


class Migration(migrations.Migration):
    # VACUUM runs in no transaction.
    atomic = False
    dependencies = [
        ("core", "0002_erasure"),
    ]

    operations = [migrations.RunPython(write_anew, migrations.RunPython.noop)]
