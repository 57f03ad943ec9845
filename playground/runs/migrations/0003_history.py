from datetime import UTC, datetime, timedelta

from django.db import migrations

from playground.core import search

BATCH = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number_and_index(apps, schema_editor):
    """Runs made before there was a history: each gets its number and its words."""
    run = apps.get_model("runs", "Run")
    old = run.objects.filter(number=None).order_by("created_at", "pk")
    last = 0
    while batch := list(old.only("person", "created_at", "prompt", "text")[:BATCH]):
        by_person = {}
        for row in batch:
            microseconds = (row.created_at - _EPOCH) // timedelta(microseconds=1)
            last = row.number = max(last + 1, microseconds * 1000)
            by_person.setdefault(row.person_id, []).append(
                search.Entry(
                    object_id=row.pk,
                    number=row.number,
                    words=search.words(f"{row.prompt}\n{row.text}"),
                )
            )
        run.objects.bulk_update(batch, ["number"])
        for owner, entries in by_person.items():
            search.put_all(kind="run", owner=owner, entries=entries)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_search"),
        ("runs", "0002_tree"),
    ]

    operations = [
        migrations.RunPython(number_and_index, migrations.RunPython.noop),
    ]
