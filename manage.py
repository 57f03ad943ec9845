#!/usr/bin/env python
"""Django's command line for GPT-J Playground."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
    from django.db import OperationalError
except ModuleNotFoundError:
    sys.exit(
        f"Django is not installed for {sys.executable}. Run: make install, and then "
        f".venv/bin/python {' '.join(sys.argv)}"
    )

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The database cannot be used: {error}. Check DATABASE_URL.")
