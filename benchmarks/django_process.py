"""Runs the Django side of a benchmark: ``python -m benchmarks.django_process MODULE:CLASS``."""

import importlib
import sys

import django

from benchmarks.processes import serve

if __name__ == "__main__":
    django.setup()
    module, _, name = sys.argv[1].partition(":")
    serve(getattr(importlib.import_module(module), name)().answer)
