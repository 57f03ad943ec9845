"""The address that an account may have, and whether its mailbox was shown to be the person's."""

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from playground.accounts.models import Person, User

CONFIRM_SECONDS = 3 * 24 * 3600
_SALT = "playground.email"


@transaction.atomic
def email_change(*, user: User, email: str) -> None:
    """Puts ``email`` in the place of the address that was there; "" for none.

    Another address has to be confirmed anew; the same one stays confirmed.
    """
    if email and email == confirmed_email(user):
        return
    user.email = email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    if email:
        EmailAddress.objects.create(user=user, email=email, primary=True)


def email_confirm(*, user: User, token: str) -> bool:
    """Marks the user's address as confirmed. False for a token that is old, wrong or another's."""
    try:
        digest = signing.TimestampSigner(salt=_SALT).unsign(token, max_age=CONFIRM_SECONDS)
    except signing.BadSignature:
        return False
    if not user.email or not constant_time_compare(digest, _digest(user)):
        return False
    return bool(EmailAddress.objects.filter(user=user, email=user.email).update(verified=True))


def confirmation_token(user: User) -> str:
    """What the link in the message carries: no address and no name can be read from it."""
    return signing.TimestampSigner(salt=_SALT).sign(_digest(user))


def confirmed_email(user: User) -> str:
    """The user's address, if it is confirmed; else ""."""
    own = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return user.email if user.email and own.exists() else ""


def mail_address(person: Person | None) -> str:
    """Where messages to the person go; "" for nowhere."""
    if person is None or person.user is None or not person.user.is_active:
        return ""
    return confirmed_email(person.user)


def _digest(user: User) -> str:
    return salted_hmac(_SALT, f"{user.pk}:{user.email}", algorithm="sha256").hexdigest()
