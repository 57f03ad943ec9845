"""The copy of a record: every line once, in order, whatever the trainer takes back."""

import json
from pathlib import Path
from typing import Any

import pytest
import redis

from playground.accounts.models import Person
from playground.finetunes.leases import finetune_claim
from playground.finetunes.models import FineTune
from playground.finetunes.record import (
    AttemptStale,
    Line,
    RecordCopy,
    RecordDamaged,
    parse_line,
)
from playground.live.channels import channel_of
from tests.finetunes.conftest import make_finetune
from workers.finetune.reader import RecordReader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


@pytest.fixture
def finetune(person: Person) -> FineTune:
    make_finetune(person)
    claimed = finetune_claim(worker="w", place="cpu@host", base="tiny")
    assert claimed is not None
    return claimed


def step(n: int, *, loss: float = 1.0) -> Line:
    return Line(n=n, kind="step", step=n, data={"step": n, "loss": loss})


def copied(finetune: FineTune) -> list[tuple[int, float]]:
    return [(event.n, event.data["loss"]) for event in finetune.events.order_by("n")]


def test_lines_that_are_known_are_not_copied_again(finetune: FineTune) -> None:
    RecordCopy(finetune).take([step(1), step(2)])
    finetune.refresh_from_db()

    copy = RecordCopy(finetune)
    copy.take([step(1), step(2), step(3)])

    assert copied(finetune) == [(1, 1.0), (2, 1.0), (3, 1.0)]
    assert copy.epoch == 1


def test_other_lines_take_the_known_ones_back(finetune: FineTune) -> None:
    copy = RecordCopy(finetune)
    copy.take([step(1), step(2), step(3)])

    copy.take([step(1), step(2, loss=5.0)])

    assert copied(finetune) == [(1, 1.0), (2, 5.0)]
    assert (copy.epoch, copy.position) == (2, 2)


def test_a_record_that_ends_earlier_takes_the_rest_back(finetune: FineTune) -> None:
    copy = RecordCopy(finetune)
    copy.take([step(1), step(2), step(3)])

    copy.close(1)

    assert copied(finetune) == [(1, 1.0)]


def test_a_gap_is_refused(finetune: FineTune) -> None:
    with pytest.raises(RecordDamaged, match="After line 0 comes line 2"):
        RecordCopy(finetune).take([step(2)])


def test_an_attempt_that_was_overtaken_writes_nothing(finetune: FineTune) -> None:
    FineTune.objects.update(attempt=2)

    with pytest.raises(AttemptStale):
        RecordCopy(finetune).take([step(1)])

    assert not finetune.events.exists()


def test_a_checkpoint_that_is_further_resets_the_tries(finetune: FineTune) -> None:
    RecordCopy(finetune).take([Line(n=1, kind="checkpoint", step=5, data={"step": 5})])

    finetune.refresh_from_db()
    assert (finetune.reached, finetune.tries) == (5, 0)


def test_pages_are_told_of_each_line(finetune: FineTune, redis_client: redis.Redis) -> None:
    topic = f"finetune:{finetune.pk}"
    listening = redis_client.pubsub(ignore_subscribe_messages=True)
    listening.subscribe(channel_of(topic))
    listening.get_message(timeout=1)

    RecordCopy(finetune).take([step(1), step(2)])

    message: Any = listening.get_message(timeout=1)
    head, _, event = message["data"].decode().partition(" {")
    assert head == f"{topic} 0 1 1 2"
    assert [line["n"] for line in json.loads("{" + event)["lines"]] == [1, 2]


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"[]", b"nothing", b"[" * 100_000, b'{"n": 1}'),
        *(b'{"n": 0, "kind": "step"}', b'{"n": true, "kind": "step"}', b'{"n": 1, "kind": "x"}'),
    ],
)
def test_a_line_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(RecordDamaged):
        parse_line(text)


def test_texts_are_kept_as_every_database_takes_them() -> None:
    line = parse_line(b'{"n": 1, "kind": "sample", "text": "a\\u0000\\ud800b", "x": NaN}')

    assert "\0" not in line.data["text"]
    line.data["text"].encode()
    assert line.data["x"] is None


# --- Reading the file -------------------------------------------------------------


def test_what_failed_is_said_without_folders_of_this_server() -> None:
    log = parse_line(b'{"n": 1, "kind": "log", "text": "/srv/data/rows.jsonl cannot be read."}')
    end = parse_line(b'{"n": 2, "kind": "end", "reason": "No space in /srv/data/x/y.bin"}')
    sample = parse_line(b'{"n": 3, "kind": "sample", "prompt": "cd /srv/data/x"}')

    assert log.data["text"] == "rows.jsonl cannot be read."
    assert end.data["reason"] == "No space in y.bin"
    assert sample.data["prompt"] == "cd /srv/data/x"


def lines_of(reader: RecordReader) -> list[int]:
    return [line.n for lines in reader.read() for line in lines]


def write(path: Path, *numbers: int, extra: str = "") -> None:
    with path.open("a") as file:
        for n in numbers:
            file.write(json.dumps({"n": n, "kind": "step", "step": n, "extra": extra}) + "\n")


def test_each_read_gives_what_is_new(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    reader = RecordReader(path)

    before = lines_of(reader)
    write(path, 1, 2)
    first = lines_of(reader)
    write(path, 3)

    assert (before, first, lines_of(reader)) == ([], [1, 2], [3])


def test_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    path = tmp_path / "record.jsonl"
    reader = RecordReader(path)
    path.write_text('{"n": 1, "kind"')

    first = lines_of(reader)
    with path.open("a") as file:
        file.write(': "step"}\n')

    assert (first, lines_of(reader)) == ([], [1])


@pytest.mark.parametrize("kept", [0, 1])
def test_after_lines_were_taken_back_all_are_read_again(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "record.jsonl"
    reader = RecordReader(path)
    write(path, 1, 2, 3)
    lines_of(reader)

    path.unlink()
    write(path, *range(1, kept + 1))
    write(path, *range(kept + 1, 6), extra="as long as before, and longer")

    assert lines_of(reader) == [1, 2, 3, 4, 5]


def test_a_line_without_an_end_is_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.finetune.reader.MAX_LINE_BYTES", 1000)
    path = tmp_path / "record.jsonl"
    path.write_bytes(b"x" * 2_000_000)

    with pytest.raises(RecordDamaged):
        lines_of(RecordReader(path))
