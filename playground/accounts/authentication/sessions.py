"""Whether a session still belongs to the same person, and a signal to its sockets when that may
change.

Accounts do not know sockets: a page with an open socket listens to `sessions_changed` and checks
again.
"""

import uuid
from enum import Enum
from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.dispatch import Signal
from django.utils.crypto import constant_time_compare

from playground.accounts.models import Person, User

# Sent with ``name`` (`notice_name`) when sessions under that name may have ended.
sessions_changed = Signal()


def notice_name(person: Person) -> str:
    """Under which name word about ``person``'s sessions goes out."""
    return _user(person.user_id) if person.user_id else _guest(person.pk)


def tell_user(user_id: object) -> None:
    """Has all sockets of a user look whether their session still holds."""
    _tell(_user(user_id))


def tell_guest(person_id: uuid.UUID) -> None:
    """The same for a guest, who may have become a user."""
    _tell(_guest(person_id))


def user_sessions_delete(*, user_id: object) -> None:
    """Deletes all sessions of a user, here and on other devices.

    A session itself holds whose it is, and no column does, so all are looked at.
    """
    found = [
        session.pk
        for session in Session.objects.iterator()
        if session.get_decoded().get(SESSION_KEY) == str(user_id)
    ]
    Session.objects.filter(pk__in=found).delete()


class Standing(Enum):
    """The state of the person who opened a socket.

    GONE: the person's row no longer exists. A guest's row also disappears when an account adopts
    it, so a page tries once more before it says that everything is deleted.
    """

    HERE = "here"
    AWAY = "away"
    GONE = "gone"


def standing(person: Person, session_key: str | None) -> Standing:
    """Whether a socket that ``person`` opened may stay open, and if not, why."""
    found = Person.objects.filter(pk=person.pk).values_list("user_id", flat=True)
    if not found:
        return Standing.GONE
    if person.user_id is None:
        is_guest = settings.ALLOW_GUESTS and found[0] is None
        return Standing.HERE if is_guest else Standing.AWAY
    if _is_session_of(person, session_key):
        return Standing.HERE
    # The person may have gone since the first look, and the session with them.
    return Standing.AWAY if Person.objects.filter(pk=person.pk).exists() else Standing.GONE


def _is_session_of(person: Person, session_key: str | None) -> bool:
    session = _session(session_key)
    if session.get(SESSION_KEY) != str(person.user_id):
        return False
    user = User.objects.filter(pk=person.user_id or 0, is_active=True).first()
    if user is None:
        return False
    known = session.get(HASH_SESSION_KEY, "")
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return any(constant_time_compare(known, one) for one in hashes)


def _session(key: str | None) -> SessionBase:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    session: SessionBase = store(session_key=key)
    return session


def _user(user_id: object) -> str:
    return f"user:{user_id}"


def _guest(person_id: uuid.UUID) -> str:
    return f"guest:{person_id}"


def _tell(name: str) -> None:
    sessions_changed.send(sender=Person, name=name)
