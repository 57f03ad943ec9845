"""Actions after somebody signs in or out, or an account changes."""

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from playground.accounts.authentication.sessions import tell_guest, tell_user
from playground.accounts.models import Person, User
from playground.accounts.moving import guest_adopt
from playground.accounts.people import become, guest_of
from playground.core.failures import is_passing, warn_once


@receiver(user_logged_in)
def adopt(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """The data of this browser's guest belong to the account from now on."""
    guest = guest_of(request)
    if guest is None:
        return
    try:
        become(request, guest_adopt(guest=guest, user=user))
    except DatabaseFailure as error:
        if is_passing(error):
            raise
        # Nobody is kept from signing in by a row that cannot be moved: it stays the guest's.
        warn_once("guest_not_adopted", row=guest.pk, error=error)


@receiver(user_logged_out)
def end_forms(request: HttpRequest, **kwargs: Any) -> None:
    """Pages that are still open in other tabs can write nothing more:

    it would belong to the next person.
    """
    rotate_token(request)


@receiver(post_delete, sender=Session)
def session_ended(instance: Session, **kwargs: Any) -> None:
    """Signed out, or the session was given a new key."""
    user_id = instance.get_decoded().get("_auth_user_id")
    if user_id is not None:
        transaction.on_commit(lambda: tell_user(user_id))


@receiver(post_save, sender=User)
def user_changed(
    instance: User, created: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    """A new password ends all other sessions, and so does an account that is closed."""
    if not created and update_fields != frozenset({"last_login"}):
        transaction.on_commit(lambda: tell_user(instance.pk))


@receiver(post_delete, sender=User)
def user_deleted(instance: User, **kwargs: Any) -> None:
    user_id = instance.pk
    transaction.on_commit(lambda: tell_user(user_id))


@receiver(post_delete, sender=Person)
def person_deleted(instance: Person, **kwargs: Any) -> None:
    """Only a guest's own end is announced here; the sockets of a user are told through the user."""
    if instance.user_id is None:
        person_id = instance.pk
        transaction.on_commit(lambda: tell_guest(person_id))
