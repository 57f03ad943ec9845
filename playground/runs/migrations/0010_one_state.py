"""Runs keep the state of their page as versions do (docs/decisions/0043-one-state.md).

Until now `fields` held two things that are no fields: the definitions of the variables, and as
"whole" the text that was not sent as it was.

A batch is a transaction, and what was moved is not found again: a migration that was cut off goes
on where it was. A row that cannot be read stays as it is, and the others go on.
"""

from django.db import migrations, transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast

from playground.core.failures import each_alone

BATCH = 200
# What `fields` may hold as JSON text; inside of a text the quotes have a backslash before them.
_MARKS = Q(as_text__contains='"whole"') | Q(as_text__contains='"variables"')


def move_out_of_fields(apps, schema_editor):
    alias = schema_editor.connection.alias
    runs = apps.get_model("runs", "Run").objects.using(alias)
    marked = runs.annotate(as_text=Cast("fields", TextField())).filter(_MARKS)
    found = marked.order_by("number").values_list("pk", "number")

    def move(row):
        # A savepoint: on PostgreSQL a refused row would end the whole transaction.
        with transaction.atomic(using=alias):
            _move(runs, row[0])

    batch = list(found[:BATCH])
    while batch:
        with transaction.atomic(using=alias):
            each_alone(batch, move, event="run_state_not_moved")
        batch = list(found.filter(number__gt=batch[-1][1])[:BATCH])


def _move(runs, run_id):
    # Each alone: a form can have megabytes, and what cannot be read is found only by reading it.
    fields, prompt = runs.values_list("fields", "prompt").get(pk=run_id)
    if not isinstance(fields, dict):
        return
    variables, whole = fields.pop("variables", None), fields.pop("whole", None)
    runs.filter(pk=run_id).update(
        fields=fields,
        variables=variables if isinstance(variables, list) else [],
        source=whole if isinstance(whole, str) and whole != prompt else None,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("runs", "0009_state_and_choices")]

    operations = [
        migrations.RunPython(move_out_of_fields, migrations.RunPython.noop, elidable=True)
    ]
