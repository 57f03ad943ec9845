"""Whether the database fits this code: the migrations of our own apps."""

from django.apps import apps
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


def pending_migrations() -> int:
    """How many migrations the database still lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def newer_database() -> str | None:
    """Says that the database is of a newer version than this code; None when it is not.

    Old code would write rows that the newer one cannot read, or fail at a column that has gone.
    Raises Django's `DatabaseError` when the database cannot be read.
    """
    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    ours = {app.label for app in apps.get_app_configs() if app.name.startswith("playground")}
    unknown = sorted(
        f"{label}.{name}"
        for label, name in loader.applied_migrations
        if label in ours and (label, name) not in known
    )
    if not unknown:
        return None
    more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
    return (
        f"The database {connection.settings_dict['NAME']} is of a newer version of the "
        f"playground: this code does not know its migration {unknown[-1]}{more}. Go back to the "
        "newer code, or restore the backup from before the update."
    )
