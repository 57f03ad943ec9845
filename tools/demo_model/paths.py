"""The folders and files that the commands read and write."""

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

DEMO = _ROOT / "models" / "demo"
"""The committed checkpoint with its card and its record."""

DATASETS = _ROOT / "examples" / "datasets"
RESULTS = _ROOT / "benchmarks" / "results"
