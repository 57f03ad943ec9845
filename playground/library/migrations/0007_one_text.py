"""A state has one text: versions and drafts of the free page had it in their fields once more.

Batches, savepoints and rows that cannot be read are as in runs/migrations/0010_one_state.py.
"""

from django.db import migrations, transaction
from django.db.models import TextField
from django.db.models.functions import Cast

from playground.core.failures import each_alone

BATCH = 200


def keep_one_text(apps, schema_editor):
    alias = schema_editor.connection.alias
    versions = apps.get_model("prompts", "PromptVersion").objects.using(alias)
    drafts = apps.get_model("prompts", "Draft").objects.using(alias)
    _each(versions, "fields", lambda pk: _of_version(versions, pk), alias)
    _each(drafts, "state", lambda pk: _of_draft(drafts, pk), alias)


def _each(rows, column, move, alias):
    """Calls ``move`` with the key of each row whose JSON may have a second text."""
    marked = rows.annotate(as_text=Cast(column, TextField())).filter(as_text__contains='"whole"')
    found = marked.order_by("pk").values_list("pk", flat=True)

    def move_alone(pk):
        # A savepoint: on PostgreSQL a refused row would end the whole transaction.
        with transaction.atomic(using=alias):
            move(pk)

    batch = list(found[:BATCH])
    while batch:
        with transaction.atomic(using=alias):
            each_alone(batch, move_alone, event="state_not_moved")
        batch = list(found.filter(pk__gt=batch[-1])[:BATCH])


def _of_version(versions, pk):
    fields, text = versions.values_list("fields", "text").get(pk=pk)
    if isinstance(fields, dict) and "whole" in fields:
        versions.filter(pk=pk).update(text=_text(fields.pop("whole"), text), fields=fields)


def _of_draft(drafts, pk):
    state = drafts.values_list("state", flat=True).get(pk=pk)
    fields = state.get("fields") if isinstance(state, dict) else None
    if isinstance(fields, dict) and "whole" in fields:
        state["text"] = _text(fields.pop("whole"), state.get("text", ""))
        drafts.filter(pk=pk).update(state=state)


def _text(whole, text):
    """The text that the page shows: until now it was the one in the fields."""
    return whole if isinstance(whole, str) else text


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("prompts", "0006_sizes")]

    operations = [migrations.RunPython(keep_one_text, migrations.RunPython.noop, elidable=True)]
