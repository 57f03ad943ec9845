"""Line 9: bodies."""

import os
import time
from contextlib import ExitStack
from itertools import repeat
from pathlib import Path

import psutil
import pytest

from tests.security.conftest import TIMEOUT_SECONDS
from tests.support.raw import RawConnection, error_code
from tests.support.stack import Stack

HUGE = 600 << 20
ACCEPT = "Accept: application/json"


def head(site: Stack, method: str, path: str, *more: str) -> list[str]:
    return [f"{method} {path} HTTP/1.1", f"Host: {site.host}", ACCEPT, *more]
