"""One text everywhere: engine, log, row, page, files, import, and the next prompt."""

import csv
import io
import json
from collections.abc import Iterator

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.core.cells import plain_cell
from playground.core.texts import plain_text
from playground.history.exports import comma_separated, json_lines, markdown
from playground.history.imports import runs_import
from playground.live.tokenlog import Item, token_log
from playground.runs.deletion import runs_delete
from playground.runs.finishing import Outcome, run_finish
from playground.runs.models import Run
from playground.runs.selectors import logged_progress
from tests.conftest import make_run
from tests.support.reader import PageReader
from workers.engine.request import TokenOutput
from workers.engine.text import TextStream, Vocabulary
from workers.generate.live import LiveRun

pytestmark = pytest.mark.usefixtures("redis_client")

END = 999
# Characters with two representations somewhere: in HTML, forms, editors, JSON, CSV, databases or
# JavaScript; and text that looks like markup.
ODD = (
    *("\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1c", "\x1f", "\x7f", "\x85", "\xa0", "\xad"),
    *("\u2028", "\u2029", "\ufeff", "\ufffe", "\uffff", "\ufffd", "\u202e", "\u200b", "\u0301"),
    *(
        "🦊",
        "👨‍👩‍👧",
        "\U0010ffff",
        "&amp;",
        "</textarea>",
        "<!--",
        "'",
        '"',
        "\\",
        "\\u0000",
        "{{",
    ),
)
BYTES = st.lists(
    st.one_of(
        st.sampled_from(ODD).map(str.encode),
        st.text(max_size=3).map(str.encode),
        st.binary(max_size=3),
    ),
    max_size=12,
).map(b"".join)


@st.composite
def pieces(draw: st.DrawFn) -> list[bytes]:
    """Bytes, split into tokens anywhere."""
    data = draw(BYTES)
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@pytest.fixture(scope="class")
def reader(request: pytest.FixtureRequest) -> Iterator[None]:
    with PageReader() as page_reader:
        request.cls.reader = page_reader
        yield


@pytest.mark.usefixtures("reader")
class OneTextTest(TestCase):
    reader: PageReader

    @settings(
        max_examples=20,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @example(pieces=[b"one\r", b"\n\r\ntwo\0"])
    @example(pieces=["\n\u2028🦊 e\u0301\r".encode()])
    @given(pieces=pieces())
    def test_every_place_has_the_engines_text(self, pieces: list[bytes]) -> None:
        person = Person.objects.create()
        run = make_run(person, status="running", attempt=1, parameters={"logprobs": 0})
        live = live_run_of(run, pieces)

        in_log = text_in_log(live)
        stored = run_finish(
            run_id=run.pk,
            attempt=1,
            outcome=Outcome(
                status="succeeded",
                reason="stop",
                text=live.text,
                tokens=live.tokens,
            ),
        )
        row = Run.objects.get(pk=run.pk)
        page = self.reader.open(page_of(row))
        back = import_copy(person, row)

        text = plain_text(b"".join(pieces).decode(errors="replace"))
        assert stored == "succeeded"
        assert live.text == in_log == row.text == text
        assert page["output"] == text
        assert [token[1] for token in json.loads(page["tokens"])] == [t[1] for t in live.tokens]
        assert (back.text, back.tokens) == (text, row.tokens)
        self.next_prompt(person, text)

    def next_prompt(self, person: Person, text: str) -> None:
        """The output as the prompt of the next run: shown, sent by the browser, stored."""
        whole = f"{text}!"
        before = make_run(person, prompt=whole, status="succeeded", text="")
        self.reader.open(page_of(before))
        form = self.reader.send()

        answer = client_of(person).post("/free/run/", form.body, content_type=form.content_type)

        assert answer.status_code == 303, answer.content
        sent = Run.objects.exclude(pk=before.pk).order_by("number").last()
        assert sent is not None and sent.prompt == whole


def live_run_of(run: Run, pieces: list[bytes]) -> LiveRun:
    """The run as a worker holds it when the engine has written the pieces."""
    vocabulary = Vocabulary({**dict(enumerate(pieces)), END: b""}, END)
    stream, live = TextStream(vocabulary), LiveRun(run=run)
    for position in range(1, len(pieces) + 1):
        text = stream.push(position - 1)
        live.add(TokenOutput(live.id, position, position - 1, text, logprob=-0.5))
    live.add_tail(stream.flush(), unsent=True)
    return live


def text_in_log(live: LiveRun) -> str:
    """The text as the log has it."""
    item = Item(run=live.id, choice=0, attempt=1, epoch=1, before=0, tokens=live.lines)
    (reply,) = token_log().append([item])
    assert reply.last == len(live.lines)
    return logged_progress(live.run).text


def client_of(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def page_of(run: Run) -> bytes:
    answer = client_of(run.person).get(f"/runs/{run.pk}/")
    assert answer.status_code == 200
    return answer.content


def import_copy(person: Person, run: Run) -> Run:
    """The run after an export and an import, and its text in files that are only read."""
    mine = Run.objects.filter(pk=run.pk)
    line = "".join(json_lines(mine)).encode()
    table = "".join(comma_separated(mine)).removeprefix("\ufeff")
    (cells,) = csv.DictReader(io.StringIO(table, newline=""))
    assert cells["output"] == plain_cell(run.text)
    assert f"\n{run.text}\n" in "".join(markdown(mine))
    runs_delete(person=person, run_ids=[run.pk])
    assert runs_import(person=person, file=io.BytesIO(line)).runs == 1
    return Run.objects.get(pk=run.pk)
