import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("prompts", "0008_draft_run"),
        ("runs", "0012_branches_and_notes"),
    ]

    operations = [
        migrations.AddField(
            model_name="promptversion",
            name="run",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="runs.run",
            ),
        ),
    ]
