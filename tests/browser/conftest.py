"""A real browser before the real playground, started once for all tests."""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect

from playground.checkpoints.jobs import CHECK
from playground.management.parts import worker_command
from playground.management.supervisor import Part
from tests.browser.guest import Complaints, Guest
from tests.support.chromium import headless_chromium
from tests.support.mail_server import SENDER, Mailbox, serving_mail
from tests.support.part import RunningPart
from tests.support.registry import DEMO_MODELS
from tests.support.stack import Stack, wait_ready

# For one event. Generous, because a test machine may be busy.
EVENT_MS = 30_000
# How many runs of one guest may be queued or running.
MAX_ACTIVE = 4

MODELS = {
    **DEMO_MODELS,
    # No worker serves it, unless a test starts one.
    "spare": {"title": "spare", "demo": True},
    # A test writes its checkpoint, which says what the test needs, token by token.
    "scripted": {"title": "scripted", "path": "scripted", "tokens_per_second": 20},
}
WORKERS = ("demo", "slow")

NewGuest = Callable[..., Guest]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with what trains for minutes: at the end it would leave a core idle."""
    items.sort(key=lambda item: item.path.name != "test_example_datasets.py")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium. root may not use its sandbox."""
    return {
        **browser_type_launch_args,
        "executable_path": headless_chromium(),
        "args": ["--no-sandbox"] if os.geteuid() == 0 else [],
    }


@pytest.fixture(scope="session")
def base_url() -> None:
    """Addresses here are complete; pytest warns about the scope of the plugin's own fixture."""


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """What the playground has sent."""
    with serving_mail() as found:
        yield found


@pytest.fixture(scope="session")
def playground(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Stack]:
    """Valkey, web server and a worker for each of `WORKERS`; its messages go to `mailbox`."""
    env = {
        "LIMIT_PERSON_ACTIVE": str(MAX_ACTIVE),
        "EMAIL_URL": mailbox.url,
        "EMAIL_FROM": SENDER,
    }
    with Stack(tmp_path_factory.mktemp("playground"), env=env, models=MODELS) as stack:
        stack.start(workers=WORKERS)
        yield stack


@pytest.fixture(scope="session")
def checker(playground: Stack) -> RunningPart:
    """The process that examines datasets; it ends with the playground."""
    command = worker_command(job=CHECK, model="", device="cpu", name="check@here")
    part = playground.launch(Part(name="check", command=command))
    wait_ready(part)
    return part


@pytest.fixture
def stack(playground: Stack) -> Stack:
    """The playground with all parts alive, whatever the last test did to them."""
    if not _alive(playground, "web"):
        playground.start_web()
    for name in WORKERS:
        if not _alive(playground, name):
            playground.start_worker(name)
    return playground


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Adds the log of the playground's parts to the report of a failed test."""
    report = yield
    stack = item.funcargs.get("stack")
    if report.failed and isinstance(stack, Stack):
        report.sections.append(("playground", stack.report()))
    return report


def _alive(stack: Stack, name: str) -> bool:
    return name in stack.parts and stack.parts[name].alive


@pytest.fixture
def new_guest(
    stack: Stack, new_context: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> Iterator[NewGuest]:
    """Creates people with browsers, and checks at the end that no browser complained."""
    expect.set_options(timeout=EVENT_MS)
    guests: list[Guest] = []

    def make(**options: Any) -> Guest:
        context = new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(EVENT_MS)
        guest = Guest(context, stack.url, Complaints(stack.url))
        guest.complaints.listen(context)
        guests.append(guest)
        return guest

    yield make
    heard = [complaint for guest in guests for complaint in guest.complaints.heard]
    assert heard == []


@pytest.fixture
def guest(new_guest: NewGuest) -> Guest:
    """A person at a desk."""
    return new_guest()


@pytest.fixture(scope="session")
def axe_source() -> str:
    """The script of axe-core, as npm installed it."""
    root = Path(__file__).resolve().parents[2]
    return (root / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
