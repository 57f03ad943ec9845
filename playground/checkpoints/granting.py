"""Tuned models that their owners let others use, by a link: read and run, and nothing more.

Who opens the link and takes the model has a grant. A new link, and no link, end all grants at once;
runs that were accepted finish.
"""

from django.db import IntegrityError, transaction

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter, AdapterGrant
from playground.core.errors import NotFound, QuotaReached
from playground.core.link_tokens import link_token

# Of other people's models, in one menu.
MAX_GRANTS = 50


def adapter_share(*, adapter: Adapter) -> Adapter:
    """Gives the model a link, unless it has one."""
    without = Adapter.objects.filter(pk=adapter.pk, link=None, state=Adapter.State.READY)
    without.update(link=link_token())
    adapter.refresh_from_db()
    return adapter


def adapter_unshare(*, adapter: Adapter) -> Adapter:
    """Closes the link and takes the model out of everybody else's menu."""
    with transaction.atomic():
        Adapter.objects.filter(pk=adapter.pk).update(link=None)
        AdapterGrant.objects.filter(adapter=adapter).delete()
    adapter.refresh_from_db()
    return adapter


def adapter_by_link(token: str) -> Adapter:
    """The model that the link leads to. Raises `NotFound` for a link that is closed or none."""
    open_ones = Adapter.objects.filter(link=token, state=Adapter.State.READY)
    adapter = open_ones.select_related("person__user").first() if token else None
    if adapter is None:
        raise NotFound("This link leads nowhere. It may have been closed by its owner.")
    return adapter


def adapter_accept(*, person: Person, token: str) -> Adapter:
    """Puts the model of the link into the person's menu. Doing it twice changes nothing.

    Raises `NotFound`, and `QuotaReached` for a menu that is full.
    """
    adapter = adapter_by_link(token)
    if adapter.person_id == person.pk:
        return adapter
    if AdapterGrant.objects.filter(person=person).count() >= MAX_GRANTS:
        raise QuotaReached(
            f"You use {MAX_GRANTS} models of other people, which is the most. Remove one first."
        )
    try:
        with transaction.atomic():
            # Its row is held: a link that is closed at this moment gives nothing.
            open_ones = Adapter.objects.filter(pk=adapter.pk, link=token)
            if not open_ones.select_for_update(no_key=True).values_list("pk").first():
                raise NotFound("This link leads nowhere. It may have been closed by its owner.")
            AdapterGrant.objects.create(person=person, adapter=adapter)
    except IntegrityError:
        pass
    return adapter


def adapter_leave(*, person: Person, adapter: Adapter) -> None:
    """Takes somebody else's model out of the person's menu."""
    AdapterGrant.objects.filter(person=person, adapter=adapter).delete()
