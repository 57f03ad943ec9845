"""Sessions in the database, by keys that are keys.

A cookie can carry any character, NUL among them, and PostgreSQL refuses texts that have one.
"""

import re

from django.contrib.sessions.backends import db

# As Django makes them.
_KEY = re.compile(r"[a-z0-9]{32}")


class SessionStore(db.SessionStore):
    """Django's own; whatever else stands in the cookie is no session."""

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key) and _KEY.fullmatch(str(key)) is not None
