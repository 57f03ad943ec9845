"""A link to one version holds what it shows; a fork names its author's person instead of a copy."""

import django.db.models.deletion
from django.db import migrations, models

# As many as a link shows (sharing/branches.py).
MAX_BRANCHES = 200


def fix_links(apps, schema_editor):
    """Links to one version keep showing what they show now."""
    shares = apps.get_model("prompts", "Share").objects
    runs = apps.get_model("runs", "Run").objects
    fixed = shares.filter(version__isnull=False).select_related("prompt")
    for share in fixed.iterator(chunk_size=500):
        share.title, share.description = share.prompt.title, share.prompt.description
        share.save(update_fields=["title", "description"])
        if share.with_branches:
            share.branches.set(_below(runs, list(share.runs.values_list("pk", flat=True))))


def _below(runs, parents):
    found = []
    while parents and len(found) < MAX_BRANCHES:
        parents = list(runs.filter(parent__in=parents).values_list("pk", flat=True))
        found += parents
    return found[:MAX_BRANCHES]


def find_authors(apps, schema_editor):
    """By the origin, else by the name. Who is not found any more is deleted: their name goes."""
    prompts = apps.get_model("prompts", "Prompt").objects
    people = apps.get_model("accounts", "Person").objects
    forks = prompts.exclude(forked_author="").select_related("forked_from__prompt")
    for fork in forks.iterator(chunk_size=500):
        if fork.forked_from is not None:
            author = fork.forked_from.prompt.person_id
        else:
            named = people.filter(user__username=fork.forked_author)
            author = named.values_list("pk", flat=True).first()
        prompts.filter(pk=fork.pk).update(forked_person=author)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_user_name"),
        ("prompts", "0002_barred"),
        ("runs", "0005_index_of_versions"),
    ]

    operations = [
        migrations.AddField("share", "title", models.CharField(blank=True, max_length=120)),
        migrations.AddField("share", "description", models.TextField(blank=True)),
        migrations.AddField(
            "share", "branches", models.ManyToManyField(blank=True, related_name="+", to="runs.run")
        ),
        migrations.AddField(
            "prompt",
            "forked_person",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="accounts.person",
            ),
        ),
        migrations.RunPython(fix_links, migrations.RunPython.noop),
        migrations.RunPython(find_authors, migrations.RunPython.noop),
    ]
