"""Every route of the project, from its URL configuration, filled with values."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from playground.prompts.catalog import TEMPLATES

# Parts of an address that identify somebody's row.
OWNED_IDS = (
    "run_id",
    "score_id",
    "prompt_id",
    "batch_id",
    "draft_id",
    "share_id",
    "adapter_id",
    "dataset_id",
    "upload_id",
    "finetune_id",
)
METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """name: with its namespace; names: the parts of the address."""

    name: str
    pattern: str
    names: frozenset[str]

    def path(self, *, run: uuid.UUID, template: str = "table") -> str:
        """An address of this route. A new kind of part must be added here.

        ``run`` is the id of the row that the route is about: the tests give all of
        a person's rows the same id.
        """
        values = {**dict.fromkeys(OWNED_IDS, str(run)), "number": "1", "template": template}
        # It belongs to nobody, and is open to everybody who has it (test_shares.py).
        values |= {"token": "t" * 22, "published_id": str(run), "example": "support-topics"}
        # Of a version and an export that `make_things` makes.
        values |= {"fix": "leave_out_rows", "dtype": "float16"}
        if unknown := self.names.difference(values):
            raise AssertionError(
                f"{self.name} carries {unknown}: say in tests/security/routes.py whose it is."
            )
        return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: values[part[1]], self.pattern)


def all_routes() -> list[Route]:
    """Every route of the project, except the admin pages (`admin_paths`)."""
    routes = _walk(get_resolver(), "", "")
    ours = [route for route in routes if not route.name.startswith("admin:")]
    return sorted(ours, key=lambda route: route.name)


def admin_paths() -> list[str]:
    """An address of every admin page."""
    routes = _walk(get_resolver(), "", "")
    patterns = {route.pattern for route in routes if route.name.startswith("admin:")}
    return sorted({"/" + _fill(pattern) for pattern in patterns})


def _fill(pattern: str) -> str:
    """An address that matches an admin pattern."""
    # The list of an app is a regular expression of their names.
    pattern = re.sub(r"\^?\(\?P<app_label>([a-z]+)[^)]*\)", r"\1", pattern).rstrip("$")
    return re.sub(r"<[^>]*>", "1", pattern)


def templates() -> list[str]:
    return list(TEMPLATES)


def _walk(resolver: URLResolver, prefix: str, space: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry, pattern, inner)
        elif isinstance(entry, URLPattern):
            names = frozenset(entry.pattern.converters)
            yield Route(f"{space}{entry.name}", pattern, names)
