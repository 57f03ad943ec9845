"""Starts a generate worker: ``python -m workers.generate.main --model demo``."""

import os
import sys

import django


def main() -> int:
    """Sets Django up, then becomes the worker (workers.generate.process)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    django.setup()

    # Models can be imported only now.
    from workers.generate.process import run_worker

    return run_worker()


if __name__ == "__main__":
    sys.exit(main())
