"""``manage.py worker``: one worker of a job, for production."""

import os
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from playground.checkpoints.jobs import GENERATE, JOBS
from playground.checkpoints.registry import DEVICE, registry
from playground.core.configuration.checks import remarks
from playground.core.configuration.environment import EXIT_WRONG_SETTING
from playground.core.configuration.private import close_to_others, database_files
from playground.core.errors import UnknownModel
from playground.core.locks import LockTaken
from playground.core.processes import raise_open_files_limit
from playground.management.parts import worker_command, worker_lock


class Command(BaseCommand):
    help = (
        "Serves one model on one device, or the site's datasets (check), until it is stopped. "
        "SIGTERM lets it hand over what it runs. Start one for each GPU."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "job", nargs="?", choices=JOBS, default=GENERATE.name, help="default: %(default)s"
        )
        parser.add_argument("--model", help="a name of the model registry; check needs none")
        parser.add_argument(
            "--device", help="cpu, cuda or cuda:N; default: the registry's for this model"
        )
        parser.add_argument("--slots", type=int, help="runs at a time; default: the registry's")
        parser.add_argument(
            "--name", help="the worker's lasting name; default: <model>-<device>@<host>"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        close_to_others(
            settings.VAR_DIR,
            umask=settings.UMASK,
            further=database_files(settings.DATABASES["default"]),
        )
        job = JOBS[options["job"]]
        model, device = _place(options) if job.per_model else ("", "cpu")
        if options["slots"] is not None and options["slots"] < 1:
            raise CommandError("--slots is a number of runs, 1 or more.")
        for sentence in remarks():
            self.stderr.write(f"note: {sentence}")
        name = options["name"] or job.worker_name(model, device)
        lock = worker_lock(settings.VAR_DIR, name)
        try:
            lock.acquire(timeout=5.0)
        except LockTaken as error:
            raise CommandError(
                f"A worker called {name} runs already (process {error.owner}). Stop it, or give "
                "this one another device or another --name."
            ) from error
        raise_open_files_limit()
        command = worker_command(
            job=job, model=model, device=device, name=name, slots=options["slots"]
        )
        # The worker takes this process's place, and with it its signals and the lock.
        os.set_inheritable(lock.fd, True)
        os.execv(command[0], command)  # noqa: S606


def _place(options: dict[str, Any]) -> tuple[str, str]:
    """The model that is to be served, and the device. Raises `CommandError`."""
    if not options["model"]:
        raise CommandError("--model is needed: a name of the model registry.")
    try:
        spec = registry().get(options["model"])
    except (UnknownModel, ImproperlyConfigured) as error:
        raise CommandError(str(error), returncode=EXIT_WRONG_SETTING) from error
    device = options["device"] or spec.device
    if not DEVICE.fullmatch(device):
        raise CommandError(
            "--device is cpu, cuda, or cuda: with a number.", returncode=EXIT_WRONG_SETTING
        )
    return spec.name, device
