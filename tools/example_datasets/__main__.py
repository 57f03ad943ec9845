"""Write the example datasets again: ``python -m tools.example_datasets``."""

import argparse
from pathlib import Path

from tools.example_datasets.datasets import DATASETS

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "datasets"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=FOLDER)
    folder: Path = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in DATASETS.items():
        text = "".join(f"{line}\n" for line in make())
        (folder / name).write_text(text, encoding="utf-8")
        print(f"{folder / name}: {text.count(chr(10))} lines, {len(text.encode()) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
