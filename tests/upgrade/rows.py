"""The rows and keys of a place as plain JSON, out of one database and into another."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from django.apps import apps as todays_apps
from django.apps.registry import Apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

# A place was made long ago, wherever it is looked at: pages then show days and no hours.
MADE_ON = datetime(2026, 3, 14, 12, tzinfo=UTC)
# What is older came from a file, with a time of its own.
SINCE = datetime(2026, 1, 1, tzinfo=UTC)
NEVER = datetime(2100, 1, 1, tzinfo=UTC)
# Numbers that grow with time, in nanoseconds.
MOMENTS = {("runs.run", "number"), ("core.searchentry", "id")}

Rows = dict[str, list[dict[str, Any]]]


class Shift:
    """Moves everything that was made now to the time around `MADE_ON`, by whole days."""

    def __init__(self) -> None:
        self.by = timedelta(days=(datetime.now(tz=UTC) - MADE_ON).days)

    def value(self, field: "models.Field[Any, Any]", value: Any) -> Any:
        label = (field.model._meta.label_lower, field.attname)
        if label in MOMENTS:
            return self.number(value)
        if label == ("sessions.session", "expire_date"):
            return NEVER
        return value - self.by if isinstance(value, datetime) and value >= SINCE else value

    def number(self, number: int) -> int:
        is_of_now = number >= SINCE.timestamp() * 10**9
        return number - int(self.by.total_seconds()) * 10**9 if is_of_now else number


# --- Out of a database ------------------------------------------------------------------------


def migrations_applied() -> list[list[str]]:
    """Each migration of the database, as its app and its name."""
    return sorted([app, name] for app, name in MigrationRecorder(connection).applied_migrations())


def dump_rows(shift: Shift) -> Rows:
    """All rows of all models."""
    dumped: Rows = {}
    for model in todays_apps.get_models(include_auto_created=True):
        if not model._meta.managed or model._meta.proxy:
            continue
        found = [
            {
                field.attname: shift.value(field, getattr(row, field.attname))
                for field in stored_fields(model)
            }
            for row in model._base_manager.order_by("pk")
        ]
        if found:
            dumped[model._meta.label_lower] = json.loads(json.dumps(found, default=_plain))
    return dumped


def dump_words(shift: Shift) -> list[list[Any]]:
    """What is found by words, out of SQLite's table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT rowid, scope, text FROM core_searchwords ORDER BY rowid")
        return [[shift.number(number), scope, text] for number, scope, text in cursor.fetchall()]


def stored_fields(model: type[models.Model]) -> "Iterator[models.Field[Any, Any]]":
    """The model's columns but those that the database makes of others."""
    return (field for field in model._meta.concrete_fields if not field.generated)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


# --- Into a database --------------------------------------------------------------------------


def load_place(place: dict[str, Any]) -> None:
    """Brings an empty database to where the place's was, and fills it."""
    state = MigrationExecutor(connection).migrate(_leaves(place["migrations"]))
    with transaction.atomic():
        _load_rows(state.apps, place["rows"])
        _load_words(place["words"])
    # On PostgreSQL the next row's number is not that of the last one.
    loaded = state.apps.get_models(include_auto_created=True)
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), loaded):
            cursor.execute(statement)


def _leaves(applied: list[list[str]]) -> list[tuple[str, str]]:
    """The last migration of each app."""
    graph = MigrationExecutor(connection).loader.graph
    names = {(app, name) for app, name in applied}
    if unknown := sorted(names - set(graph.nodes)):
        raise ValueError(f"the place has migrations that are not here: {unknown}")
    inner = {
        parent for one in names for parent in graph.nodes[one].dependencies if parent[0] == one[0]
    }
    return sorted(names - inner)


def _load_rows(apps: Apps, rows: Rows) -> None:
    known = {model._meta.label_lower: model for model in apps.get_models(include_auto_created=True)}
    for label, table in rows.items():
        model = known[label]
        for row in table:
            values = {field.attname: _value(field, row) for field in stored_fields(model)}
            # Raw: times stay as they were, and nobody hears of it.
            model(**values).save_base(raw=True, force_insert=True)


def _value(field: "models.Field[Any, Any]", row: dict[str, Any]) -> Any:
    value = row[field.attname]
    return value if value is None else getattr(field, "target_field", field).to_python(value)


def _load_words(words: list[list[Any]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            statement = "INSERT INTO core_searchwords (rowid, scope, text) VALUES (%s, %s, %s)"
            cursor.executemany(statement, words)
            return
        statement = (
            "INSERT INTO core_searchwords (id, words) VALUES (%s,"
            " to_tsvector('simple', %s) || strip(to_tsvector('simple', %s)))"
        )
        cursor.executemany(statement, [(number, text, scope) for number, scope, text in words])


# --- Redis ------------------------------------------------------------------------------------


def dump_keys(client: redis.Redis) -> list[dict[str, Any]]:
    """Every key with its type and value; a time to live goes along in seconds."""
    keys = []
    for raw in sorted(client.scan_iter(count=1000)):
        key, kind = raw.decode(), client.type(raw).decode()
        entry: dict[str, Any] = {"key": key, "type": kind, "value": _read(client, raw, kind)}
        if (left := client.ttl(raw)) > 0:
            entry["expires"] = left
        keys.append(entry)
    return keys


def load_keys(client: redis.Redis, keys: list[dict[str, Any]]) -> None:
    for entry in keys:
        key, kind, value = entry["key"], entry["type"], entry["value"]
        if kind == "string":
            client.set(key, value)
        elif kind == "hash":
            client.hset(key, mapping=value)
        elif kind == "set":
            client.sadd(key, *value)
        elif kind == "list":
            client.rpush(key, *value)
        elif kind == "zset":
            client.zadd(key, value)
        else:
            for position, fields in value:
                client.xadd(key, fields, id=position)
        if "expires" in entry:
            client.expire(key, entry["expires"])


def _read(client: redis.Redis, key: bytes, kind: str) -> Any:
    if kind == "string":
        return client.get(key).decode()
    if kind == "hash":
        return _texts(client.hgetall(key))
    if kind == "set":
        return sorted(one.decode() for one in client.smembers(key))
    if kind == "list":
        return [one.decode() for one in client.lrange(key, 0, -1)]
    if kind == "zset":
        return {name.decode(): score for name, score in client.zrange(key, 0, -1, withscores=True)}
    if kind == "stream":
        return [[position.decode(), _texts(fields)] for position, fields in client.xrange(key)]
    raise ValueError(f"{key.decode()} is a {kind}, which no place had so far")


def _texts(pairs: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in sorted(pairs.items())}
