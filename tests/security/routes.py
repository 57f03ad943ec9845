"""Every route of the project, from its URL configuration, filled with values."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from playground.prompts.catalog import TEMPLATES

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Route:
    """name: with its namespace; names: what the address carries."""

    name: str
    pattern: str
    names: frozenset[str]

    def path(self, *, run: uuid.UUID, template: str = "table") -> str:
        """An address of this route. A new kind of part must be taught here."""
        values = {"run_id": str(run), "template": template}
        path = self.pattern
        for name in self.names:
            if name not in values:
                raise AssertionError(
                    f"{self.name} carries {name!r}: say in tests/security/routes.py whose it is."
                )
            begin = path.index("<")
            path = path[:begin] + values[name] + path[path.index(">") + 1 :]
        return "/" + path


def all_routes() -> list[Route]:
    """Every route that the project answers."""
    return sorted(_walk(get_resolver(), "", ""), key=lambda route: route.name)


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
