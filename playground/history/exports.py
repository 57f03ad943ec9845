"""Runs as files: lines of JSON to import again, Markdown to read, CSV for a spreadsheet.

All of them are made row by row, so that the whole is never held.
"""

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from playground.core.cells import plain_cell
from playground.runs.models import Run

# The version of a line. A reader refuses a version that it does not know; a change that an older
# reader could misread raises it. In version 1, `fields` also held variables and source.
VERSION = 2
_TICKS = re.compile("`+")
BATCH = 100

COLUMNS = (
    "time",
    "template",
    "model",
    "status",
    "starred",
    "note",
    "prompt",
    "output",
    "prompt tokens",
    "new tokens",
    "seconds to first token",
    "tokens a second",
    "seed",
    "parameters",
    "id",
)


def run_line(run: Run) -> dict[str, Any]:
    """Everything about a run that a person may see: what `imports` takes."""
    return {
        "kind": "run",
        "version": VERSION,
        "id": run.pk,
        "original": run.original_id,
        "origin": run.origin_id,
        "parent": run.parent_id,
        "tree": run.tree,
        "prompt_version": run.version_id,
        "starred": run.starred,
        "note": run.note,
        "job": run.kind,
        "model": run.model,
        # A tuned model's name; a reader that knows of none keeps the run under its base.
        "adapter": run.adapter.name if run.adapter else None,
        "template": run.template,
        "prompt": run.prompt,
        "fields": run.fields,
        "variables": run.variables,
        "source": run.source,
        "given": run.given,
        "parameters": run.parameters,
        "seed": run.seed,
        "seed_pinned": run.seed_pinned,
        "status": run.status,
        "finish_reason": run.finish_reason,
        "stop_sequence": run.stop_sequence,
        "error_code": run.error_code,
        "error": run.error_message,
        "text": run.text,
        "tokens": run.tokens,
        "other_choices": run.other_choices,
        "prompt_tokens": run.prompt_tokens,
        "completion_tokens": run.completion_tokens,
        "created_at": _exact(run.created_at),
        "started_at": _exact(run.started_at),
        "finished_at": _exact(run.finished_at),
        "first_token_ms": run.first_token_ms,
        "tokens_per_second": run.tokens_per_second,
    }


def json_lines(runs: QuerySet[Run]) -> Iterator[str]:
    """A line of JSON a run, newest first."""
    for run in _in_batches(runs):
        yield json.dumps(run_line(run), cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"


def markdown(runs: QuerySet[Run]) -> Iterator[str]:
    """One section a run. The texts are in fences that they cannot close."""
    yield "# Runs\n"
    for run in _in_batches(runs.defer("tokens", "other_choices")):
        facts = [
            f"- Model: {_inline(run.model_title)}",
            f"- Status: {run.status}",
            f"- Tokens: {run.prompt_tokens} + {run.completion_tokens}",
            f"- Seed: {run.seed}",
            f"- Parameters: {_inline(json.dumps(run.parameters, ensure_ascii=False))}",
        ]
        if run.note:
            facts.append(f"- Note: {_inline(run.note)}")
        star = " ★" if run.starred else ""
        yield (
            f"\n## {run.created_at:%Y-%m-%d %H:%M:%S} UTC, {_inline(run.template)}{star}\n\n"
            + "\n".join(facts)
            + f"\n\n### Prompt\n\n{_fence(run.prompt)}\n\n### Output\n\n{_fence(run.text)}\n"
        )


def comma_separated(runs: QuerySet[Run]) -> Iterator[str]:
    """A row a run, as RFC 4180 has it, with no cell that a spreadsheet takes for a formula."""
    # A spreadsheet takes a file without this mark for Latin-1.
    yield "\ufeff" + _row(COLUMNS)
    for run in _in_batches(runs.defer("tokens", "other_choices")):
        first = run.first_token_ms
        cells = (
            f"{run.created_at:%Y-%m-%d %H:%M:%S}",
            run.template,
            run.model_title,
            run.status,
            "yes" if run.starred else "",
            run.note,
            run.prompt,
            run.text,
            str(run.prompt_tokens),
            str(run.completion_tokens),
            "" if first is None else f"{first / 1000:.3f}",
            f"{run.tokens_per_second:.1f}" if run.tokens_per_second else "",
            str(run.seed),
            json.dumps(run.parameters, ensure_ascii=False),
            str(run.pk),
        )
        yield _row(cells)


# By the word that an address has for it: how it is made, its type and its name's end.
FORMATS = {
    "jsonl": (json_lines, "application/x-ndjson"),
    "md": (markdown, "text/markdown"),
    "csv": (comma_separated, "text/csv"),
}


def _in_batches(runs: QuerySet[Run]) -> Iterator[Run]:
    """Newest first, each batch by a separate query: no long query holds the database."""
    runs = runs.select_related("adapter").order_by("-number")
    batch = list(runs[:BATCH])
    while batch:
        yield from batch
        batch = list(runs.filter(number__lt=batch[-1].number)[:BATCH])


def _exact(moment: Any) -> str | None:
    """With all six digits of the second: the encoder keeps three."""
    return None if moment is None else moment.isoformat()


def _row(cells: tuple[str, ...]) -> str:
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([plain_cell(cell) for cell in cells])
    return file.getvalue()


def _inline(text: str) -> str:
    """Code in a line, whatever is in it."""
    fence = "`" * (_longest_ticks(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}" if text.strip() else "none"


def _fence(text: str) -> str:
    fence = "`" * max(3, _longest_ticks(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
