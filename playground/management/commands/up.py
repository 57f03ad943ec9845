"""``manage.py up``: the whole playground from one command."""

import asyncio
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, CommandParser

from playground.checkpoints.registry import registry
from playground.core.configuration.environment import EXIT_WRONG_SETTING
from playground.core.configuration.hosts import listening_host
from playground.core.configuration.private import close_to_others, database_files
from playground.core.processes import (
    adopt_orphans,
    end_with_my_parent,
    raise_open_files_limit,
)
from playground.core.redis.valkey_server import EmbeddedServerError
from playground.management.installation import front_end_built
from playground.management.launch import Launch
from playground.management.listener import open_listener
from playground.management.parts import worker_plans
from playground.management.supervisor import print_line


class Command(BaseCommand):
    help = (
        "Starts everything: Valkey (unless REDIS_URL is set), the web server, and a worker for "
        "each model that the registry serves. Prints the address when a run can be served, "
        "starts again what dies, and ends everything on Ctrl-C."
    )
    # `doctor` and `make check` check; a start should be quick.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="default: HOST")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT")
        parser.add_argument(
            "--end-with-parent",
            action="store_true",
            help="end when the process that started this one ends, however it ends",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["end_with_parent"]:
            end_with_my_parent()
        adopt_orphans()
        raise_open_files_limit()
        close_to_others(
            settings.VAR_DIR,
            umask=settings.UMASK,
            further=database_files(settings.DATABASES["default"]),
        )
        try:
            workers = worker_plans(spec for spec in registry().models.values() if spec.serve)
        except ImproperlyConfigured as error:
            raise CommandError(str(error), returncode=EXIT_WRONG_SETTING) from error
        if not front_end_built():
            print_line("The front end is not built, so pages will look bare: run make front")
        try:
            host = listening_host(options["host"])
        except ValueError as error:
            raise CommandError(f"--host {error}.", returncode=EXIT_WRONG_SETTING) from error
        if not 0 <= options["port"] < 2**16:
            raise CommandError("--port is a number from 0 to 65535.", returncode=EXIT_WRONG_SETTING)
        with open_listener(host, options["port"]) as listener:
            launch = Launch(
                listener=listener,
                workers=workers,
                say=print_line,
                verbose=options["verbosity"] > 1,
            )
            try:
                asyncio.run(launch.run())
            except EmbeddedServerError as error:
                raise CommandError(str(error)) from error
