from django.db import migrations


def rename(apps, schema_editor):
    """The gallery's kind of entry has a name that PostgreSQL takes, too; there it had none."""
    entries = apps.get_model("core", "SearchEntry").objects.filter(kind="public-prompt")
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            "UPDATE core_searchwords SET scope = replace(scope, 'scopepublic-prompt', 'scopegallery')"
            " WHERE rowid IN (SELECT id FROM core_searchentry WHERE kind = 'public-prompt')"
        )
    entries.update(kind="gallery")


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_search"),
        ("prompts", "0004_no_name_of_an_author"),
    ]

    operations = [migrations.RunPython(rename, migrations.RunPython.noop)]
