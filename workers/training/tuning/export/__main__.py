"""``python -m workers.training.tuning.export FOLDER --dtype float16``: merge a finished job.

Prints the folder of the checkpoint. Exit status 1: the reason is on standard error as one line,
``code: sentence``, and no checkpoint is left.
"""

import argparse
import sys
from pathlib import Path

from workers.training.tuning.errors import TuningError
from workers.training.tuning.export.job import export_job
from workers.training.tuning.export.merge import DTYPES


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m workers.training.tuning.export", description="Merge a finished fine-tune."
    )
    parser.add_argument("folder", type=Path, help="of the job")
    parser.add_argument("--dtype", choices=DTYPES, required=True, help="of the merged weights")
    options = parser.parse_args()
    try:
        print(export_job(options.folder, options.dtype))
    except TuningError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
