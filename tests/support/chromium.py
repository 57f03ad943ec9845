"""The browsers of tests: the system's Chromium, and its headless shell where there is one.

The shell has the same engine without the windows around it, and opens a page in a third of the
time. CHROMIUM and CHROMIUM_SHELL name others.
"""

import os
import shutil


def chromium() -> str:
    """The whole browser."""
    return os.environ.get("CHROMIUM", "/usr/bin/chromium")


def headless_chromium() -> str:
    """The shell; where there is none, or the tests were given another browser, that browser."""
    if named := os.environ.get("CHROMIUM_SHELL"):
        return named
    if "CHROMIUM" in os.environ:
        return chromium()
    return shutil.which("chromium-headless-shell") or chromium()
