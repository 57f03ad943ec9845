"""The model registry of a stack under test, and the checkpoint behind it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# One checkpoint twice: at its own speed, and at a person's reading speed.
DEMO_MODELS: Mapping[str, Mapping[str, object]] = {
    "demo": {"title": "demo", "demo": True},
    "slow": {"title": "slow", "demo": True, "tokens_per_second": 20},
}


def demo_checkpoint() -> Path | None:
    """The repository's demo checkpoint, else the one that DEMO_CHECKPOINT names, else None."""
    places = [ROOT / "models" / "demo", Path(os.environ.get("DEMO_CHECKPOINT", "/nonexistent"))]
    return next((place for place in places if (place / "model.safetensors").is_file()), None)


def random_checkpoint(folder: Path) -> Path:
    """A checkpoint of random weights over bytes, made once: it loads at once and decodes fast.

    Its text has invalid and incomplete characters, which is a good test for readers of streams.
    """
    if not (folder / "model.safetensors").is_file():
        sizes = {"layers": 2, "width": 64, "heads": 4, "rotary": 8, "vocab": 320, "seed": 3}
        options = [part for name, size in sizes.items() for part in (f"--{name}", str(size))]
        script = str(ROOT / "tools" / "random_checkpoint.py")
        subprocess.run(
            [
                *(sys.executable, "-W", "ignore", script, "--out", str(folder)),
                *("--dtype", "float32", "--spread", "0.3", *options),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
        )
    return folder


def write_registry(
    file: Path, checkpoint: Path, models: Mapping[str, Mapping[str, object]] = DEMO_MODELS
) -> None:
    """A TOML file with ``models``, all of them on ``checkpoint`` unless they name a path."""
    lines = []
    for name, keys in models.items():
        lines.append(f"[models.{name}]")
        for key, value in {"path": str(checkpoint), **keys}.items():
            lines.append(f"{key} = {_toml(value)}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'
