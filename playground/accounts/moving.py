"""A guest's everything becomes an account's."""

import structlog
from django.db import transaction

from playground.accounts.authentication.sessions import tell_guest
from playground.accounts.belongings import belongings, owner_fields
from playground.accounts.models import Person, User
from playground.core import search

log = structlog.get_logger(__name__)


@transaction.atomic
def guest_adopt(*, guest: Person, user: User) -> Person:
    """Gives ``user`` all data of ``guest``; returns the user's person.

    An account without data takes over the guest's row. Otherwise every row is moved and the
    guest's row is deleted. Adopting the same guest again changes nothing.
    """
    # One sign-in at a time, and no run is made for the guest meanwhile.
    User.objects.select_for_update().get(pk=user.pk)
    people = Person.objects.select_for_update().order_by("pk")
    found = {person.pk: person for person in people.filter(pk=guest.pk, user=None)}
    account = people.filter(user=user).first()
    if guest.pk not in found:
        return account or Person.objects.create(user=user)
    if account is None:
        account = found[guest.pk]
        account.user = user
        account.save(update_fields=["user"])
    else:
        _hand_over(guest, account)
        guest.delete()
    transaction.on_commit(lambda: tell_guest(guest.pk))
    log.info("guest_adopted", person=str(account.pk))
    return account


def _hand_over(guest: Person, account: Person) -> None:
    for belonging in belongings():
        if belonging.merge is not None:
            belonging.merge(guest, account)
    for model, field in owner_fields():
        model._base_manager.filter(**{field: guest}).update(**{field: account})
    search.hand_over(owner=guest.pk, to=account.pk)
