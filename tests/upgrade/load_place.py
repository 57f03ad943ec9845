"""Loads a place into an empty database, as its version left it, and migrates it to today.

DATABASE_URL=... VAR_DIR=... python -m tests.upgrade.load_place FILE
"""

import json
import os
import sys
from pathlib import Path


def main(file: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "playground.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from tests.upgrade.rows import load_place

    load_place(json.loads(file.read_text(encoding="utf-8")))
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
