"""Starts a generate worker: ``python -m workers.tasks.worker --model demo``."""

import os
import sys

import django


def main() -> int:
    """Sets Django up, then becomes the worker (workers.tasks.process)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    django.setup()

    # Models can be imported only now.
    from workers.tasks.process import run_worker

    return run_worker()


if __name__ == "__main__":
    sys.exit(main())
