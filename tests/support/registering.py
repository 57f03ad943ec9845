"""A tuned model in the playground of a test: registered as a finished training registers it."""

import subprocess
import sys
from pathlib import Path

from tests.support.adapters import write_adapter
from tests.support.registry import ROOT
from tests.support.stack import Stack

_SCRIPT = """
import sys
from pathlib import Path
from playground.accounts.models import Person
from playground.checkpoints.services import adapter_register
person, base, title, folder = sys.argv[1:]
found = adapter_register(
    person=Person.objects.get(pk=person), base=base, title=title, folder=Path(folder)
)
print(found.name)
"""
_BOOT = (
    "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'playground.settings'; "
    "django.setup()\n"
)


def register_adapter(stack: Stack, run: str, *, base: str, title: str, seed: int = 1) -> str:
    """Gives a tuned model of random weights to whoever made ``run``. Returns its name."""
    source = write_adapter(stack.folder / f"result-{seed}", stack.checkpoint, seed=seed)
    person = stack.row(run)["person_id"]
    arguments = [str(person), base, title, str(source)]
    done = subprocess.run(
        [sys.executable, "-c", _BOOT + _SCRIPT, *arguments],
        cwd=ROOT,
        env=stack.env,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()[0]


def folder_of_adapter(stack: Stack, name: str) -> Path | None:
    """Where its files are; None once they are gone."""
    (row,) = stack.query("SELECT folder FROM checkpoints_adapter WHERE name = ?", name)
    return stack.var_dir / "adapters" / row["folder"] if row["folder"] else None
