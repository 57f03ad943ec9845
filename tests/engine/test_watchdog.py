"""The watchdog ends a process that Python itself could not end."""

import subprocess
import sys
import time

import pytest

from workers.engine.watchdog import Watchdog

HANG_WITH_THE_GIL = """
import ctypes, sys
from workers.engine.watchdog import Watchdog
libc = ctypes.PyDLL(None)  # PyDLL keeps the GIL while it calls
watchdog = Watchdog(0.5)
print("stepping", flush=True)
with watchdog:
    libc.sleep(60)
print("never")
"""

QUICK_STEPS = """
import time
from workers.engine.watchdog import Watchdog
watchdog = Watchdog(0.6)
end = time.monotonic() + 1.2
while time.monotonic() < end:
    with watchdog:
        sum(range(100))
watchdog.disarm()
idle = time.monotonic() + 0.9
while time.monotonic() < idle:
    pass
print("alive")
"""


def run_python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=40, check=False
    )


def test_a_step_that_hangs_with_the_gil_ends_the_process() -> None:
    started = time.monotonic()

    ended = run_python(HANG_WITH_THE_GIL)

    assert ended.returncode == 1
    assert ended.stdout == "stepping\n"
    assert "Timeout" in ended.stderr
    assert 'File "<string>", line 8' in ended.stderr
    assert time.monotonic() - started < 30


def test_quick_steps_and_idle_time_are_not_a_hang() -> None:
    ended = run_python(QUICK_STEPS)

    assert (ended.returncode, ended.stdout) == (0, "alive\n"), ended.stderr


def test_a_timeout_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        Watchdog(0)
