import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("finetunes", "0002_mails_and_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="FineTuneExport",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "dtype",
                    models.CharField(
                        choices=[
                            ("float32", "Float32"),
                            ("float16", "Float16"),
                            ("bfloat16", "Bfloat16"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("waiting_for_room", "Waiting For Room"),
                            ("ready", "Ready"),
                            ("refused", "Refused"),
                            ("failed", "Failed"),
                        ],
                        default="queued",
                        max_length=16,
                    ),
                ),
                ("worker", models.CharField(blank=True, max_length=120)),
                ("place", models.CharField(blank=True, max_length=120)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("tries", models.PositiveIntegerField(default=0)),
                ("figures", models.JSONField(default=dict)),
                ("size", models.BigIntegerField(default=0)),
                ("error_code", models.CharField(blank=True, max_length=40)),
                ("error_message", models.TextField(blank=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("waiting_since", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "finetune",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="exports",
                        to="finetunes.finetune",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "queued")),
                        fields=["created_at"],
                        name="export_queued",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("finetune", "dtype"), name="export_of_finetune"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "running")),
                        fields=("place",),
                        name="export_in_place",
                    ),
                ],
            },
        ),
    ]
