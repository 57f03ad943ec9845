"""The folder and environment of a playground that a test starts with `manage.py up`."""

from dataclasses import dataclass
from pathlib import Path

from tests.management.conftest import processes_of
from tests.support.part import wait_until
from tests.support.registry import write_registry

READY = r"^ready http://127\.0\.0\.1:\d+$"
# A busy machine has to read torch from the disk.
READY_SECONDS = 90.0


@dataclass(frozen=True)
class Place:
    """A playground's folder and its environment."""

    folder: Path
    checkpoint: Path

    @property
    def var_dir(self) -> Path:
        return self.folder / "var"

    @property
    def registry(self) -> Path:
        return self.folder / "models.toml"

    @property
    def environ(self) -> dict[str, str]:
        return {
            "VAR_DIR": str(self.var_dir),
            "MODELS_FILE": str(self.registry),
            "DJANGO_SETTINGS_MODULE": "playground.settings",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            "PORT": "0",
            "OMP_NUM_THREADS": "1",
        }

    def prepare(self) -> "Place":
        self.folder.mkdir(parents=True, exist_ok=True)
        write_registry(self.registry, self.checkpoint, {"tiny": {"slots": 2}})
        return self

    def pid_of(self, what: str) -> int:
        """The process whose command line contains ``what``."""
        (pid,) = (pid for pid, line in processes_of(self.var_dir).items() if what in line)
        return pid

    def wait_empty(self, timeout: float = 20.0) -> None:
        wait_until(lambda: not processes_of(self.var_dir), what="all to end", timeout=timeout)
