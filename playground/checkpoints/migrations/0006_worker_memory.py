from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("checkpoints", "0005_adapter_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="memory_free",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="worker",
            name="memory_total",
            field=models.BigIntegerField(null=True),
        ),
    ]
