"""The size of a value in the database: counted by the database itself, or before it is stored."""

import json
from collections.abc import Iterable
from functools import reduce
from operator import add
from typing import Any

from django.db.models import BigIntegerField, F, Func
from django.db.models.expressions import Expression
from django.db.models.functions import Coalesce


def json_size(value: Any) -> int:
    """The approximate bytes of the JSON of a value to be saved."""
    return len(json.dumps(value, ensure_ascii=False).encode(errors="replace"))


class Bytes(Func):
    """The length of a text or of JSON in bytes, as it is stored before any compression."""

    function = "OCTET_LENGTH"
    template = "%(function)s((%(expressions)s)::text)"
    output_field = BigIntegerField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        # A value that is not a blob is counted in characters.
        return super().as_sql(
            compiler, connection, template="LENGTH(CAST(%(expressions)s AS BLOB))", **context
        )


def bytes_of(*columns: str, or_null: Iterable[str] = ()) -> Expression:
    """The bytes of several columns of a row together; those of ``or_null`` may be NULL."""
    found: list[Expression] = [Bytes(F(column)) for column in columns]
    found += [Coalesce(Bytes(F(column)), 0) for column in or_null]
    return reduce(add, found)
