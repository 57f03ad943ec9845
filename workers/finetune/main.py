"""Starts a worker that fine-tunes: ``python -m workers.finetune.main --model demo``."""

import os
import sys

import django


def main() -> int:
    """Sets Django up, then becomes the worker (workers.finetune.process)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    django.setup()

    # Models can be imported only now.
    from workers.finetune.process import run_worker

    return run_worker()


if __name__ == "__main__":
    sys.exit(main())
