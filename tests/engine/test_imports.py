"""What importing the engine costs and loads."""

import subprocess
import sys

import pytest


def modules_loaded_by(module: str) -> set[str]:
    """Top-level modules that are loaded after a new process imports this one."""
    code = (
        f"import sys, {module}; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(found.stdout.split())


@pytest.mark.parametrize(
    "name",
    [
        "adapters.config",
        "scheduling.blocks",
        "checkpoint.spec",
        "counters",
        "errors",
        "failures",
        "backends.host_memory",
        "limits",
        "scheduling.prefixes",
        "sampling.randomness",
        "request",
        "scheduling.scheduler",
        "scheduling.sequence",
        "scheduling.step_cost",
        "text",
        "watchdog",
    ],
)
def test_modules_that_decide_hold_no_tensors(name: str) -> None:
    assert not modules_loaded_by(f"workers.engine.{name}") & {"torch", "numpy", "django", "celery"}


def test_serving_needs_neither_transformers_nor_the_web() -> None:
    unwanted = {"transformers", "tokenizers", "django", "celery", "playground", "safetensors"}

    assert not modules_loaded_by("workers.engine.engine") & unwanted
