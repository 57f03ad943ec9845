import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from playground.core.sizes import bytes_of


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_person_address"),
        ("runs", "0006_stop_sequence"),
    ]

    operations = [
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.UUIDField(default=uuid.uuid4)),
                ("runs", models.PositiveIntegerField(default=0)),
                ("saved", models.PositiveIntegerField(default=0)),
                ("is_over", models.BooleanField(default=False)),
                ("beat_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.AddField(
            model_name="run",
            name="original_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="size",
            field=models.GeneratedField(
                db_persist=True,
                expression=bytes_of("prompt", "text", "fields", "tokens", "parameters"),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["person", "size"], name="run_size"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("original_id__isnull", False)),
                fields=["person", "original_id"],
                name="run_of_original",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="person",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.person"
            ),
        ),
    ]
