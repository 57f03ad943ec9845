from django.db import migrations


class Migration(migrations.Migration):
    # By itself: PostgreSQL changes no table in the transaction that has filled it.
    dependencies = [
        ("prompts", "0003_links_and_forks_hold_their_own"),
    ]

    operations = [
        migrations.RemoveField("prompt", "forked_author"),
    ]
