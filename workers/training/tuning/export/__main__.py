"""``python -m workers.training.tuning.export FOLDER --dtype float16``: merge a finished job.

Prints the folder of the checkpoint. Exit status: 0, it is there; 65, it cannot be, and the reason
is on standard error as one line, ``code: sentence``; 74, the disk is full, and it may be started
again; any other, it died. But for 0 no checkpoint is left.
"""

import argparse
import os
import sys
from pathlib import Path

import torch

from workers.training.tuning.checkpoints import FULL_DISK
from workers.training.tuning.errors import TuningError
from workers.training.tuning.export.job import export_job
from workers.training.tuning.export.merge import DTYPES
from workers.training.tuning.memory import lower_priority
from workers.training.tuning.options import read_options


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m workers.training.tuning.export", description="Merge a finished fine-tune."
    )
    parser.add_argument("folder", type=Path, help="of the job")
    parser.add_argument("--dtype", choices=DTYPES, required=True, help="of the merged weights")
    asked = parser.parse_args()
    try:
        options = read_options(asked.folder / "job.json")
        lower_priority(options.nice)
        torch.set_num_threads(options.threads)
        print(export_job(asked.folder, asked.dtype))
    except TuningError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return os.EX_DATAERR
    except OSError as error:
        if error.errno not in FULL_DISK:
            raise
        print("The disk is full. Make room and start it again.", file=sys.stderr)
        return os.EX_IOERR
    return 0


if __name__ == "__main__":
    sys.exit(main())
