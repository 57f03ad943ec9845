"""Who uses the playground: users with a name, and people, who own everything."""

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class User(AbstractUser):
    """The project's own user model, so that it can grow without a swap."""

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            # A name signs in however it is written.
            models.UniqueConstraint(Lower("username"), name="user_name_in_any_case")
        ]


class Person(models.Model):
    """A guest or a user: the owner of runs and of everything that is saved.

    A long-lived signed cookie of their own identifies a guest, not the session. So nothing is
    orphaned when a session's key rotates.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        User, null=True, blank=True, on_delete=models.CASCADE, related_name="person"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Keyed hash of the network address at which the person was made (addresses.py): what all
    # those of one address keep is limited too. "" is unknown, and counts for no address.
    address = models.CharField(max_length=16, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["address"], name="person_of_address", condition=~Q(address=""))
        ]

    def __str__(self) -> str:
        return self.user.get_username() if self.user else f"guest {str(self.pk)[:8]}"

    @property
    def public_name(self) -> str:
        """What others read as the name."""
        return self.user.get_username() if self.user else "a guest"
