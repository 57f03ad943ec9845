#!/usr/bin/env python
"""Django's command line for GPT-J Playground."""

import os
import sys

try:
    from django.core.management import execute_from_command_line
except ModuleNotFoundError:
    sys.exit(
        f"Django is not installed for {sys.executable}. Run: make install, and then "
        f".venv/bin/python {' '.join(sys.argv)}"
    )

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    execute_from_command_line(sys.argv)
