"""Starts the worker that examines datasets: ``python -m workers.check.main``."""

import os
import sys

import django


def main() -> int:
    """Sets Django up, then becomes the worker (workers.check.process)."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    django.setup()

    # Models can be imported only now.
    from workers.check.process import run_worker

    return run_worker()


if __name__ == "__main__":
    sys.exit(main())
