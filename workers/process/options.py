"""The command line of a worker's process, and the reasons why it does not start."""

import argparse
import contextlib
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from playground.checkpoints.jobs import Job
from playground.checkpoints.models import Worker
from playground.checkpoints.registry import ModelSpec, registry
from playground.core.configuration.environment import EXIT_WRONG_SETTING
from playground.core.errors import UnknownModel
from playground.core.redis.clients import refusal
from playground.core.schema import newer_database


class CannotStart(Exception):
    """Why the process ends before it has done anything, and with which exit status."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The command line of a worker. name: lasting, of its row; slots: how much it does at once."""

    name: str
    spec: ModelSpec
    device: str
    slots: int


def read_options(job: Job, arguments: list[str] | None) -> Options:
    """The options in ``arguments``, or in the process's own. Raises `CannotStart`."""
    options = _parser(job).parse_args(arguments)
    try:
        spec = registry().get(options.model)
    except (UnknownModel, ImproperlyConfigured) as error:
        raise CannotStart(str(error), status=EXIT_WRONG_SETTING) from error
    name = options.name or job.worker_name(spec.name, options.device)
    if long := _too_long(name=name, device=options.device):
        raise CannotStart(long, status=EXIT_WRONG_SETTING)
    slots = job.slots or options.slots or spec.slots
    return Options(name=name, spec=spec, device=options.device, slots=slots)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteOptions:
    """The command line of a worker that serves the site and no model in particular."""

    name: str
    slots: int


def read_site_options(job: Job, arguments: list[str] | None, *, slots: int) -> SiteOptions:
    """The options of a job of the site; slots: how much it does at once unless told otherwise.

    Raises `CannotStart`.
    """
    parser = argparse.ArgumentParser(prog="worker", description=f"A worker of the job {job.name}.")
    parser.add_argument("--slots", type=int, default=slots, help="how much it does at a time")
    parser.add_argument("--name", help="stable across restarts; default: job and host")
    options = parser.parse_args(arguments)
    name = options.name or job.worker_name("", "")
    if long := _too_long(name=name):
        raise CannotStart(long, status=EXIT_WRONG_SETTING)
    return SiteOptions(name=name, slots=max(1, options.slots))


def check_services() -> None:
    """Raises `CannotStart` when Redis or the database will never do as they are."""
    if reason := refusal():
        raise CannotStart(f"Redis refuses the connection of REDIS_URL: {reason}.", status=1)
    with contextlib.suppress(DatabaseError):
        if newer := newer_database():
            raise CannotStart(newer, status=EXIT_WRONG_SETTING)


def _parser(job: Job) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="worker", description=f"A worker of the job {job.name}.")
    parser.add_argument("--model", required=True, help="a name in the model registry")
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:0, ...")
    parser.add_argument("--slots", type=int, help="runs decoded at a time; default: the registry's")
    parser.add_argument("--name", help="stable across restarts; default: model, device and host")
    return parser


def _too_long(**values: str) -> str:
    """The values that do not fit into the worker's row, in words; "" when all fit."""
    for column, value in values.items():
        most = int(getattr(Worker._meta.get_field(column), "max_length", 0))
        if len(value) > most:
            option = f"--{column}"
            return f"{option} has {len(value)} characters; {most} is the most. Give a shorter one."
    return ""
