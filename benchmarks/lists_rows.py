"""The rows that the lists are measured on."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from playground.accounts.models import Person
from playground.core import search
from playground.library.models import Prompt, PromptVersion, Tag
from playground.runs.models import Run

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
BATCH = 500
WORDS_A_PROMPT, WORDS_A_TEXT = 60, 90
TREE = 600
# One run in so many is of a saved prompt. Odd, since every other one has the common words.
OF_A_PROMPT = 5


def fill(*, runs: int, prompts: int) -> dict[str, Any]:
    """One person with everything, another with a tenth as much; what addresses need of it."""
    person, other = Person.objects.create(), Person.objects.create()
    chance = random.Random(1)
    words = [_word(chance, number) for number in range(20_000)]
    versions = _prompts(person, prompts, chance, words)
    numbers = _runs(person, runs, chance, words, versions)
    _runs(other, runs // 10, chance, words, [])
    last = Run.objects.filter(person=person).order_by("-number").values_list("pk", flat=True)[0]
    return {"person": str(person.pk), "middle": numbers[len(numbers) // 2], "run": str(last)}


def _runs(
    person: Person, count: int, chance: random.Random, words: list[str], versions: list[uuid.UUID]
) -> list[int]:
    """Every so many of them are of a saved prompt; the last ones are one tree."""
    tree, first = uuid.uuid4(), uuid.uuid4()
    numbers: list[int] = []
    begin = max(0, count - TREE)
    for start in range(0, count, BATCH):
        rows = [
            _run(person, place, count, chance, words)
            for place in range(start, min(start + BATCH, count))
        ]
        for row in rows:
            place = len(numbers)
            numbers.append(row.number)
            if versions and place % OF_A_PROMPT == 0:
                row.version_id = versions[place // OF_A_PROMPT % len(versions)]
            if place == begin:
                row.pk = first
            if place >= begin:
                row.tree = tree
                row.parent_id = first if place > begin else None
        with transaction.atomic():
            Run.objects.bulk_create(rows)
            search.put_all(
                kind="run",
                owner=person.pk,
                entries=[
                    search.Entry(
                        object_id=row.pk,
                        number=row.number,
                        words=search.words(f"{row.prompt}\n{row.text}"),
                    )
                    for row in rows
                ],
            )
    return numbers


def _run(person: Person, place: int, count: int, chance: random.Random, words: list[str]) -> Run:
    run_id = uuid.uuid4()
    moment = BEGIN + timedelta(seconds=60 * place, microseconds=chance.randrange(10**6))
    prompt = _words(chance, words, WORDS_A_PROMPT)
    text = _words(chance, words, WORDS_A_TEXT)
    if place % 2:
        prompt += " common words"
    if place == count // 3:
        text += " rareword"
    return Run(
        id=run_id,
        number=search.new_number(round(moment.timestamp() * 1e6) * 1000),
        person=person,
        tree=run_id,
        starred=place % 50 == 0,
        # Nobody has used it for long.
        model="old" if place < count // 20 else "demo",
        template=("free", "chat", "translation", "sql")[place % 4],
        fields={"examples": [["a", "b"]] * 3},
        prompt=prompt,
        parameters={"max_tokens": 128, "temperature": 0.7},
        max_tokens=128,
        seed=place,
        status="failed" if place % 2_000 == 7 else "succeeded",
        text=text,
        tokens=[[number, " token", -0.5] for number in range(120)],
        prompt_tokens=90,
        completion_tokens=120,
        created_at=moment,
        finished_at=moment + timedelta(seconds=2),
        first_token_ms=30.0,
        tokens_per_second=90.0,
    )


def _prompts(
    person: Person, count: int, chance: random.Random, words: list[str]
) -> list[uuid.UUID]:
    """Returns their versions."""
    if not count:
        return []
    made: list[uuid.UUID] = []
    tags = [Tag.objects.create(person=person, name=f"tag {number}") for number in range(20)]
    for start in range(0, count, BATCH):
        prompts, versions, entries = [], [], []
        for place in range(start, min(start + BATCH, count)):
            title = _words(chance, words, 4)
            prompt = Prompt(
                person=person,
                template="free",
                title=title[:120],
                starred=place % 50 == 0,
                updated_at=BEGIN + timedelta(seconds=place),
            )
            text = _words(chance, words, WORDS_A_PROMPT) + (" common" if place % 2 else "")
            prompts.append(prompt)
            versions.append(PromptVersion(prompt=prompt, number=1, text=text, parameters={}))
            entries.append(
                search.Entry(
                    object_id=prompt.pk,
                    number=search.new_number(),
                    words=search.words(f"{title} {text}"),
                )
            )
        entries = list(_apart(entries))
        with transaction.atomic():
            Prompt.objects.bulk_create(prompts)
            PromptVersion.objects.bulk_create(versions)
            for prompt, version in zip(prompts, versions, strict=True):
                prompt.head = version
            Prompt.objects.bulk_update(prompts, ["head"], batch_size=200)
            filed = Prompt.tags.through
            filed.objects.bulk_create(
                [filed(prompt=one, tag=tags[place % 20]) for place, one in enumerate(prompts)]
            )
            search.put_all(kind="prompt", owner=person.pk, entries=entries)
        made += [version.pk for version in versions]
    return made


def _apart(entries: list[search.Entry]) -> Iterator[search.Entry]:
    """Numbers made in one moment may be the same."""
    last = 0
    for entry in entries:
        last = max(last + 1, entry.number)
        yield replace(entry, number=last)


def _word(chance: random.Random, number: int) -> str:
    return (
        f"{chance.choice('bcdfghlmnprst')}{chance.choice('aeiou')}{chance.choice('lmnrst')}{number}"
    )


def _words(chance: random.Random, words: list[str], count: int) -> str:
    return " ".join(words[int(chance.paretovariate(1.1)) % len(words)] for _ in range(count))
