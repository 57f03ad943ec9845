import django.utils.timezone
from django.db import migrations, models

import playground.core.search


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0003_history"),
    ]

    operations = [
        migrations.AlterField(
            model_name="run",
            name="number",
            field=models.BigIntegerField(
                default=playground.core.search.new_number, editable=False, unique=True
            ),
        ),
        # An imported run keeps its time.
        migrations.AlterField(
            model_name="run",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.RemoveIndex(model_name="run", name="run_of_person"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                fields=["person", "-number", "status", "model", "template", "starred"],
                name="run_of_person",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("starred", True)),
                fields=["person", "-number"],
                name="run_starred",
            ),
        ),
    ]
