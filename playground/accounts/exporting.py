"""All that a person has, as lines of JSON."""

import json
from collections.abc import Iterator
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from playground.accounts.authentication.emails import mail_address
from playground.accounts.belongings import belongings
from playground.accounts.models import Person

VERSION = 1


def export_lines(person: Person) -> Iterator[str]:
    """One JSON object a line; ``kind`` names its kind. The first line names the owner."""
    yield _line(
        {
            "kind": "account",
            "version": VERSION,
            "name": person.user.get_username() if person.user else None,
            "email": person.user.email if person.user else None,
            "email_confirmed": bool(mail_address(person)),
            "since": person.created_at,
            "exported_at": timezone.now(),
        }
    )
    for belonging in belongings():
        for row in belonging.export(person):
            yield _line(row)


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"
