"""The playground's settings, with one route more: see `benchmarks.stream_urls`."""

from playground.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.stream_urls"
