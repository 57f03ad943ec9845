from django.db import migrations, models

from playground.core.sizes import bytes_of


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_person_address"),
        ("prompts", "0005_words_of_the_gallery"),
    ]

    operations = [
        migrations.AddField(
            model_name="draft",
            name="size",
            field=models.GeneratedField(
                db_persist=True,
                expression=bytes_of("state"),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddField(
            model_name="promptversion",
            name="size",
            field=models.GeneratedField(
                db_persist=True,
                expression=bytes_of("text", "fields", "variables", "parameters"),
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="draft",
            index=models.Index(fields=["person", "size"], name="draft_size"),
        ),
        migrations.AddIndex(
            model_name="promptversion",
            index=models.Index(fields=["prompt", "size"], name="version_size"),
        ),
    ]
