"""The address that an account may have."""

from allauth.account.models import EmailAddress
from django.db import transaction

from playground.accounts.models import User


@transaction.atomic
def email_change(*, user: User, email: str) -> None:
    """Puts ``email`` in the place of the address that was there; "" for none."""
    user.email = email
    user.save(update_fields=["email"])
    EmailAddress.objects.filter(user=user).delete()
    if email:
        EmailAddress.objects.create(user=user, email=email, primary=True)
