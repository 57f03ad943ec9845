from django.db import migrations, models

from playground.core.sizes import bytes_of


class Migration(migrations.Migration):
    dependencies = [("runs", "0008_plain_texts")]

    operations = [
        # A generated column is not altered, but made anew.
        migrations.RemoveIndex(model_name="run", name="run_size"),
        migrations.RemoveField(model_name="run", name="size"),
        migrations.AddField(
            model_name="run",
            name="variables",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="run",
            name="source",
            field=models.TextField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="kind",
            field=models.CharField(
                choices=[("generate", "Generate")], default="generate", max_length=10
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="template",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="run",
            name="n",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="run",
            name="other_choices",
            field=models.JSONField(default=list),
        ),
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
