from django.db import migrations, models

from playground.core.sizes import bytes_of


class Migration(migrations.Migration):
    dependencies = [("runs", "0011_adapter")]

    operations = [
        migrations.AddField(model_name="run", name="given", field=models.JSONField(default=list)),
        migrations.AddField(model_name="run", name="note", field=models.TextField(blank=True)),
        # A generated column is not altered, but made again.
        migrations.RemoveIndex(model_name="run", name="run_size"),
        migrations.RemoveField(model_name="run", name="size"),
        migrations.AddField(
            model_name="run",
            name="size",
            field=models.GeneratedField(
                db_persist=True,
                expression=bytes_of(
                    "prompt",
                    "text",
                    "fields",
                    "variables",
                    "tokens",
                    "other_choices",
                    "parameters",
                    "given",
                    "note",
                    or_null=("source",),
                ),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["person", "size"], name="run_size"),
        ),
    ]
