"""A person goes, and everything of theirs."""

from axes.models import AccessAttempt
from django.db import transaction

from playground.accounts.belongings import belongings
from playground.accounts.locking import name_key
from playground.accounts.models import Person, User
from playground.core import search


def person_delete(*, person: Person) -> None:
    """Deletes a person, their account if they have one, and all that is theirs."""
    for belonging in belongings():
        if belonging.release is not None:
            belonging.release(person)
    with transaction.atomic():
        search.drop_all(owner=person.pk)
        user = person.user
        person.delete()
        if user is not None:
            _user_delete(user)


def user_delete(*, user: User) -> None:
    """Deletes an account, whether or not anything was ever made with it."""
    person = Person.objects.filter(user=user).first()
    if person is not None:
        person_delete(person=person)
    else:
        _user_delete(user)


def _user_delete(user: User) -> None:
    AccessAttempt.objects.filter(username=name_key(user.get_username())).delete()
    user.delete()
