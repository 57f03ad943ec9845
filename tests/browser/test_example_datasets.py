"""The three example datasets, from the file to the tuned models that answer beside their base.

A playground of its own: one person has four runs at a time here.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from playground.checkpoints.jobs import CHECK, FINETUNE
from playground.datasets.durations import recommended_minutes
from playground.management.parts import worker_command
from playground.management.supervisor import Part
from tests.browser.guest import Guest
from tests.browser.workbench import Workbench
from tests.support.stack import Stack, wait_ready
from tools.example_datasets.datasets import SEPARATOR

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "datasets"
TOPICS, SENTIMENT, IDEAS = (
    EXAMPLES / f"{name}.txt" for name in ("support-topics", "review-sentiment", "blog-ideas")
)
# Each waits for those before it.
TRAINING_MS = 900_000
# Of the held-out rows, the least that must be right.
LEAST = {"support-topics": 0.85, "review-sentiment": 0.93}
PERPLEXITY = 3.0
# Long enough that the first of four runs has not ended when the worker takes the last.
LENGTH = 400
END_OF_TEXT = 0


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every part of a site, with room for four runs of one person."""
    env = {"LIMIT_PERSON_ACTIVE": "8"}
    with Stack(tmp_path_factory.mktemp("examples"), env=env) as stack:
        stack.start(workers=("demo",))
        for job, model in ((CHECK, ""), (FINETUNE, "demo")):
            command = worker_command(job=job, model=model, device="cpu", name=f"{job.name}@here")
            wait_ready(stack.launch(Part(name=job.name, command=command)))
        yield stack


@pytest.fixture
def stack(playground: Stack) -> Stack:
    return playground


def start(guest: Guest, file: Path, settings: Mapping[str, str] | None = None) -> Page:
    """Uploads the file and starts a fine-tune: as recommended, but for ``settings``."""
    page = guest.page("/datasets/")
    page.get_by_label("Upload a file").set_input_files(file)
    page.get_by_role("link", name="Fine-tune a model on it").click()
    if settings is not None:
        page.get_by_text("Advanced settings").click()
        for label, value in settings.items():
            page.get_by_role("spinbutton", name=label, exact=True).fill(value)
    page.get_by_role("button", name="Start training").click()
    expect(page.locator("#live")).to_have_attribute("data-final", "no")
    return page


def wait_end(page: Page) -> None:
    """Waits for the training's end, and for the comparison behind it."""
    expect(page.locator("#live")).to_have_attribute("data-status", "succeeded", timeout=TRAINING_MS)


def trained_seconds(stack: Stack, page: Page) -> float:
    """How long the fine-tune of this page was trained."""
    pk = page.url.rstrip("/").rsplit("/", 1)[-1].replace("-", "")
    (row,) = stack.query("SELECT seconds FROM finetunes_finetune WHERE id = ?", pk)
    return float(row["seconds"])


def figure(page: Page, label: str) -> tuple[float, float]:
    """A row of the table of figures: of the base and of the tuned model; each has an interval."""
    table = page.locator("#figures-table")
    cells = table.get_by_role("row", name=re.compile(f"^{label}")).get_by_role("cell")
    texts = cells.all_inner_texts()
    assert [len(re.findall(r"[\d,.]+", text)) for text in texts] == [3, 3]
    base, tuned = (float(re.findall(r"[\d,.]+", text)[0].replace(",", "")) for text in texts)
    return base, tuned


def try_it(page: Page) -> Workbench:
    """The playground as "Try it" opens it, once the example's run has ended there."""
    page.get_by_role("link", name="Try it").click()
    workbench = Workbench(page)
    workbench.run()
    workbench.wait_final()
    return workbench


def never_end(stack: Stack, run: str) -> None:
    """Lets a queued run write as much as it may, whatever its model learnt."""
    changes = {"stop": [], "logit_bias": {str(END_OF_TEXT): -100}}
    stack.query(
        "UPDATE runs_run SET parameters = json_patch(parameters, ?) WHERE id = ?",
        *(json.dumps(changes), run.replace("-", "")),
    )


def largest_batch(stack: Stack, run: str) -> int:
    """The most texts that one step of the engine had with this run's, as its worker says."""
    line = stack.parts["demo"].wait_for_line(rf"run_ended.*{run}")
    found = re.search(r"batch=(\d+)", line)
    assert found is not None
    return int(found[1])


def right_completion(file: Path, prompt: str) -> str:
    """What the dataset has behind ``prompt``."""
    rows = file.read_text(encoding="utf-8").split(SEPARATOR)
    (found,) = (row.strip() for row in rows if row.strip().startswith(prompt))
    return found.removeprefix(prompt)


def test_each_is_trained_as_recommended_and_all_answer_beside_their_base(
    stack: Stack, guest: Guest
) -> None:
    pages = {file: start(guest, file) for file in (TOPICS, SENTIMENT, IDEAS)}

    for file, page in pages.items():
        wait_end(page)
        assert trained_seconds(stack, page) <= 60 * recommended_minutes(file.stat().st_size).most
        expect(
            page.get_by_text(re.compile("^The tuned model( is right|.s perplexity)"))
        ).to_be_visible()
        if file is IDEAS:
            assert figure(page, "Perplexity")[1] <= PERPLEXITY
        else:
            base, tuned = figure(page, "Accuracy")
            assert tuned >= 100 * LEAST[file.stem]
            assert file is SENTIMENT or tuned - base >= 60

    # The tabs of one page have one draft, and say so to each other.
    with guest.complaints.allow("status of 409"):
        benches = {file: try_it(page) for file, page in pages.items()}
        for file in (TOPICS, SENTIMENT):
            prompt = str(stack.row(str(benches[file].run_id))["prompt"])
            assert benches[file].text.strip() == right_completion(file, prompt).strip()
        # How many are distinct and of the trade is measured by `make bench-tuned`.
        assert benches[IDEAS].text.strip().startswith("1) ")
        assert str(stack.row(str(benches[IDEAS].run_id))["finish_reason"]) == "stop"

        # The three and their base wait for a worker, and it takes them all.
        stack.stop("demo")
        benches[EXAMPLES] = guest.open("free")
        runs = []
        for workbench in benches.values():
            workbench.set(max_tokens=LENGTH)
            runs.append(workbench.run())
        for run in runs:
            never_end(stack, run)
        stack.start_worker("demo")
        for workbench in benches.values():
            workbench.wait_final()
    rows = [stack.row(run) for run in runs]
    assert {row["completion_tokens"] for row in rows} == {LENGTH}
    assert len({row["adapter_id"] for row in rows}) == len(benches)
    assert {largest_batch(stack, run) for run in runs} == {len(benches)}


def test_a_training_that_teaches_nothing_says_so(guest: Guest) -> None:
    page = start(guest, TOPICS, {"Epochs": "3", "Rank": "16", "Learning rate": "0.0002"})

    wait_end(page)
    expect(page.get_by_text("learnt nothing")).to_be_visible()
