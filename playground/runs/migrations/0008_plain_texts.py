"""What models wrote before the engine's rule about texts gets one representation too.

See `playground.core.texts` and docs/decisions/0040-text.md. A text is found by its carriage
returns and NULs: its tokens are its parts, so no other row holds one.
"""

from django.db import migrations
from django.db.models import Q, Value
from django.db.models.functions import StrIndex

from playground.core.texts import plain_pieces, plain_text


def make_plain(apps, schema_editor):
    runs = apps.get_model("runs", "Run").objects.using(schema_editor.connection.alias)
    # Not LIKE, whose pattern ends at a NUL. PostgreSQL has no text with one.
    marks = ["\r", "\0"] if schema_editor.connection.vendor == "sqlite" else ["\r"]
    odd = Q()
    for mark in marks:
        odd |= Q(
            pk__in=runs.annotate(at=StrIndex("text", Value(mark))).filter(at__gt=0).values("pk")
        )
    for run_id in list(runs.filter(odd).values_list("pk", flat=True)):
        run = runs.only("text", "tokens").get(pk=run_id)
        pieces = plain_pieces(str(token[1]) for token in run.tokens)
        run.text = plain_text(run.text)
        run.tokens = [
            [token[0], piece, *token[2:]] for token, piece in zip(run.tokens, pieces, strict=True)
        ]
        run.save(update_fields=["text", "tokens"])


class Migration(migrations.Migration):
    dependencies = [("runs", "0007_imports_and_sizes")]

    operations = [migrations.RunPython(make_plain, migrations.RunPython.noop, elidable=True)]
