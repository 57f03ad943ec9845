"""A person goes, and everything of theirs."""

from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from playground.accounts.authentication.locking import name_key
from playground.accounts.authentication.sessions import user_sessions_delete
from playground.accounts.belongings import belongings
from playground.accounts.models import Person, User
from playground.core import search
from playground.core.erasing import erasure_ask


def person_delete(*, person: Person) -> None:
    """Deletes a person, their account if they have one, and all that is theirs."""
    for belonging in belongings():
        if belonging.release is not None:
            belonging.release(person)
    user = person.user
    with transaction.atomic():
        erasure_ask()
        search.drop_all(owner=person.pk)
        _forget_in_staff_log(person)
        person.delete()
        if user is not None:
            _user_delete(user)


def user_delete(*, user: User) -> None:
    """Deletes an account, whether or not anything was ever made with it."""
    person = Person.objects.filter(user=user).first()
    if person is not None:
        person_delete(person=person)
    else:
        with transaction.atomic():
            _user_delete(user)


def _user_delete(user: User) -> None:
    user_id = user.pk
    AccessAttempt.objects.filter(username=name_key(user.get_username())).delete()
    _forget_in_staff_log(user)
    user.delete()
    # A session contains the name under which it began. Every session is checked, so this must not
    # block other writers; and open pages must first learn that the user is deleted.
    transaction.on_commit(lambda: user_sessions_delete(user_id=user_id))


def _forget_in_staff_log(gone: Person | User) -> None:
    """The log keeps what staff did to the person, but not the person's name."""
    kind = ContentType.objects.get_for_model(gone)
    entries = LogEntry.objects.filter(content_type=kind, object_id=str(gone.pk))
    entries.update(object_repr="deleted", change_message="")
