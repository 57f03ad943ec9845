"""Fixtures shared by the tests of the socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from playground.accounts.models import Person
from playground.live.hub import hub
from tests.live.pages import Page


@pytest.fixture
async def fresh_hub(settings: Any) -> AsyncIterator[None]:
    settings.ALLOWED_HOSTS = ["testserver"]
    yield
    await hub().close()


@pytest.fixture
async def tab(person: Person) -> AsyncIterator[Page]:
    """A page with an open socket."""
    page = Page(person)
    assert await page.connect()
    yield page
    await page.disconnect()
