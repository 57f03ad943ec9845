"""The checks of `manage.py doctor`: each part of an installation, in words.

Nothing here fixes, fetches or raises: a fault is a `Finding`.
"""

import sys
from collections.abc import Iterator
from datetime import datetime

import redis
from django.conf import settings
from django.core.checks import Warning as CheckWarning
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.utils import timezone

from playground.accounts.mail import try_mail_server
from playground.accounts.models import User
from playground.checkpoints.config_file import read_sizes
from playground.checkpoints.files import index_shards, local_file
from playground.checkpoints.jobs import GENERATE
from playground.checkpoints.models import Worker
from playground.checkpoints.registry import ModelSpec, Registry, registry
from playground.checkpoints.selectors import live_workers, model_states
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import ModelNotReady
from playground.core.failures import reason_of
from playground.core.redis.clients import blocking
from playground.core.redis.valkey_server import explain_absence
from playground.core.schema import newer_database, pending_migrations
from playground.management.findings import Finding, Verdict, good, wrong
from playground.management.installation import files, front_end, path_prefix
from playground.management.listener import site_url
from playground.management.own_site import Failure, address, failures_at, failures_inside

# XADD with NOMKSTREAM came with this one.
OLDEST_REDIS = (6, 2)


def examine() -> Iterator[Finding]:
    """All findings, in the order in which a person would fix them."""
    looks = (
        *(_python, _settings, files, path_prefix, front_end, _database, _accounts, _redis, _mail),
        *(_models_and_workers, _pages, _site),
    )
    for look in looks:
        yield from look()


def _python() -> Iterator[Finding]:
    yield good("python", f"It is {sys.version.split()[0]} at {sys.executable}.")


def _settings() -> Iterator[Finding]:
    problems = [message for message in run_checks() if not message.is_silenced()]
    for message in problems:
        verdict = Verdict.WRONG if message.level > CheckWarning("").level else Verdict.NOTE
        yield Finding(verdict, "settings", message.msg, message.hint or "")
    if not problems:
        yield good("settings", f"Valid; the data are in {settings.VAR_DIR}.")


def _database() -> Iterator[Finding]:
    where = f"{connection.vendor} ({connection.settings_dict['NAME']})"
    try:
        connection.ensure_connection()
        newer, count = newer_database(), pending_migrations()
    except DatabaseError as error:
        yield wrong(
            "database",
            f"{where} cannot be used: {str(error).strip().rstrip('.')}.",
            "Check DATABASE_URL, and that the server runs.",
        )
        return
    if newer:
        yield wrong("database", newer, "See “the way back” in docs/production.md.")
    elif count:
        yield wrong(
            "database", f"{where} lacks {count} migrations.", "Run: python manage.py migrate"
        )
    else:
        yield good("database", f"{where} answers and is up to date.")


def _accounts() -> Iterator[Finding]:
    try:
        users = User.objects.filter(is_active=True).exists()
        staff = User.objects.filter(is_active=True, is_staff=True).exists()
    except DatabaseError:
        # The database's own finding says why.
        return
    if not (settings.ALLOW_GUESTS or settings.ALLOW_SIGN_UP or users):
        yield wrong(
            "accounts",
            "Guests and sign-up are closed and there is no account: nobody can get in.",
            "Run: python manage.py createsuperuser",
        )
    elif not (settings.ALLOW_GUESTS or staff):
        yield Finding(
            Verdict.NOTE,
            "accounts",
            "No account is staff, so nobody sees the admin pages.",
            "Run: python manage.py createsuperuser",
        )
    else:
        guests = "open to guests" if settings.ALLOW_GUESTS else "closed to guests"
        sign_up = "open" if settings.ALLOW_SIGN_UP else "closed"
        yield good("accounts", f"The site is {guests}; sign-up is {sign_up}.")


def _redis() -> Iterator[Finding]:
    embedded = settings.REDIS.embedded
    name = "The embedded Valkey" if embedded else "The server of REDIS_URL"
    try:
        server = blocking().info()
    except redis.RedisError as error:
        if embedded:
            why = explain_absence(settings.VAR_DIR, settings.EMBEDDED_SOCKET)
            yield wrong("redis", why, "")
        else:
            yield wrong(
                "redis", f"{name} does not answer: {error}", "Check REDIS_URL, and that it runs."
            )
        return
    version = str(server["redis_version"])
    if tuple(int(number) for number in version.split(".")[:2]) < OLDEST_REDIS:
        yield wrong("redis", f"{name} is version {version}.", "Use Redis 6.2 or newer, or Valkey.")
    policy = server.get("maxmemory_policy")
    used, most = int(str(server["used_memory"])), int(str(server.get("maxmemory", 0)))
    if most and policy != "noeviction":
        yield wrong(
            "redis",
            f"{name} throws entries away when it is full ({policy}): streams would have gaps.",
            "Set maxmemory-policy to noeviction.",
        )
    elif most and used > 0.9 * most:
        yield wrong(
            "redis",
            f"{name} is nearly full: {_mb(used)} of {_mb(most)}.",
            "Raise EMBEDDED_REDIS_MEMORY_MB." if embedded else "Raise its maxmemory.",
        )
    else:
        yield good("redis", f"{name} answers; {_mb(used)} used.")


def _mail() -> Iterator[Finding]:
    server = settings.MAIL
    if server is None:
        return
    try:
        try_mail_server()
    except (OSError, ValueError) as error:
        # smtplib quotes what the server said, and nothing of what was sent to it.
        yield wrong(
            "mail",
            f"The server at {server.place} does not take messages: {reason_of(error)}.",
            "Check EMAIL_URL, and that the server runs.",
        )
    else:
        yield good("mail", f"The server at {server.place} answers.")


def _mb(count: int) -> str:
    return f"{count / 2**20:.0f} MB"


def _models_and_workers() -> Iterator[Finding]:
    try:
        found = registry()
    except ImproperlyConfigured as error:
        yield wrong("models", str(error), "Fix the file, or set MODELS_FILE to another.")
        return
    yield good("models", f"{settings.MODELS_FILE} names {', '.join(found.models)}.")
    try:
        states = {state.spec.name: state.state for state in model_states()}
        workers = list(live_workers(GENERATE))
    except DatabaseError:
        # The database's own finding says so; without it nothing is known of workers.
        states, workers = {}, []
    for spec in found.models.values():
        yield from _model(spec, served=states.get(spec.name) == "ready")
    yield from _workers(found, states, workers)


def _model(spec: ModelSpec, *, served: bool) -> Iterator[Finding]:
    part = f"model {spec.name}"
    try:
        missing = missing_files(spec)
        if config := local_file(spec, "config.json"):
            read_sizes(config)
    except ModelNotReady as error:
        yield wrong(part, error.message, "Copy the checkpoint again.")
        return
    if spec.hub and missing:
        yield Finding(
            Verdict.NOTE,
            part,
            f"{spec.hub} is not on this machine yet.",
            "A worker fetches it when it starts.",
        )
    elif missing and served:
        # A web host needs the tokenizer alone.
        yield Finding(
            Verdict.NOTE, part, f"{', '.join(missing)} missing here; a worker has it.", ""
        )
    elif missing:
        yield wrong(
            part,
            f"{', '.join(missing)} missing in {spec.path}.",
            f"Put the checkpoint there, or change 'path' in {settings.MODELS_FILE}.",
        )
    else:
        yield from _tokenizer(part, spec)


def _tokenizer(part: str, spec: ModelSpec) -> Iterator[Finding]:
    try:
        tokenizer_for(spec)
    except ModelNotReady as error:
        yield wrong(part, error.message, "Copy the tokenizer's files beside the weights.")
    else:
        yield good(part, "Its files are here.")


def missing_files(spec: ModelSpec) -> list[str]:
    """The files of a checkpoint that are not on this machine, by name. Raises `ModelNotReady` for
    an index that names none."""
    missing = [] if local_file(spec, "config.json") else ["config.json"]
    if not local_file(spec, "tokenizer.json"):
        if not local_file(spec, "vocab.json"):
            missing.append("tokenizer.json")
        elif not local_file(spec, "merges.txt"):
            missing.append("merges.txt")
    for whole in ("model.safetensors", "pytorch_model.bin"):
        if local_file(spec, whole):
            return missing
        if index := local_file(spec, f"{whole}.index.json"):
            return missing + [name for name in index_shards(index) if not local_file(spec, name)]
    return [*missing, "model.safetensors"]


def _workers(found: Registry, states: dict[str, str], workers: list[Worker]) -> Iterator[Finding]:
    for worker in workers:
        part = f"worker {worker.name}"
        beat = f"heartbeat {_seconds_ago(worker.heartbeat_at)} s ago"
        if worker.state == Worker.State.READY:
            yield good(part, f"Serves {worker.model} on {worker.device}; {beat}.")
        elif worker.state == Worker.State.NOT_READY:
            yield wrong(
                part,
                f"Is not ready to serve {worker.model} on {worker.device}: {worker.detail}",
                "It checks again by itself when that is fixed.",
            )
        else:
            yield Finding(
                Verdict.NOTE, part, f"Is loading {worker.model}; {beat}.", "Wait a moment."
            )
    for spec in found.models.values():
        if states.get(spec.name) == "no_worker":
            yield Finding(
                Verdict.WRONG if spec.serve else Verdict.NOTE,
                f"model {spec.name}",
                "No worker serves it.",
                f"Run: make run, or: python manage.py worker --model {spec.name} "
                f"--device {spec.device}",
            )


def _pages() -> Iterator[Finding]:
    if failures := failures_inside():
        yield wrong("pages", _sentences(failures), "Fix the problems above first, then look again.")
    else:
        yield good("pages", "Each kind of page is answered.")


def _site() -> Iterator[Finding]:
    place = address()
    if place is None:
        yield Finding(Verdict.NOTE, "site", "It does not run here.", "Run: make run")
        return
    url = site_url(*place)
    try:
        failures = failures_at(*place)
    except ConnectionError as error:
        yield Finding(
            Verdict.NOTE, "site", f"It does not answer at {url}: {error}.", "Run: make run"
        )
        return
    if failures:
        yield wrong(
            "site", f"At {url}: {_sentences(failures)}", "Restart it, then look at its log."
        )
    else:
        yield good("site", f"It answers at {url}, and so does each kind of page.")


def _sentences(failures: list[Failure]) -> str:
    others = f" (and {len(failures) - 1} more pages)" if len(failures) > 1 else ""
    return f"{failures[0].page} fails: {failures[0].reason}{others}."


def _seconds_ago(moment: datetime) -> str:
    return f"{max((timezone.now() - moment).total_seconds(), 0):.1f}"
