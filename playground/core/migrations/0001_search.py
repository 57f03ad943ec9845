from django.db import migrations, models

# The words go with their entry, whoever deletes it.
SQLITE = (
    """
    CREATE VIRTUAL TABLE core_searchwords USING fts5(
        scope, text, tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )
    """,
    """
    CREATE TRIGGER core_searchentry_deleted AFTER DELETE ON core_searchentry
    BEGIN DELETE FROM core_searchwords WHERE rowid = old.id; END
    """,
)
POSTGRESQL = (
    "CREATE TABLE core_searchwords (id bigint PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX core_searchwords_words ON core_searchwords USING gin (words)",
    """
    CREATE FUNCTION core_searchentry_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            TRUNCATE core_searchwords;
        ELSE
            DELETE FROM core_searchwords WHERE id IN (SELECT id FROM gone);
        END IF;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER core_searchentry_deleted AFTER DELETE ON core_searchentry
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION core_searchentry_deleted()
    """,
    """
    CREATE TRIGGER core_searchentry_emptied AFTER TRUNCATE ON core_searchentry
    FOR EACH STATEMENT EXECUTE FUNCTION core_searchentry_deleted()
    """,
)
SQLITE_GONE = ("DROP TRIGGER core_searchentry_deleted", "DROP TABLE core_searchwords")
POSTGRESQL_GONE = (
    "DROP TRIGGER core_searchentry_deleted ON core_searchentry",
    "DROP TRIGGER core_searchentry_emptied ON core_searchentry",
    "DROP FUNCTION core_searchentry_deleted",
    "DROP TABLE core_searchwords",
)


def make_words(apps, schema_editor):
    """The table of words, which each database makes in its own way."""
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement, params=None)


def drop_words(apps, schema_editor):
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE_GONE if is_sqlite else POSTGRESQL_GONE:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("object_id", models.UUIDField()),
                ("owner", models.UUIDField()),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "kind"], name="search_owner")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id"), name="search_object")
                ],
            },
        ),
        migrations.RunPython(make_words, drop_words),
    ]
