"""What tests of accounts share."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """No address has tried anything yet."""
    cache.clear()
