"""The search index of objects, and requests for erasure."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class SearchEntry(models.Model):
    """An object that its owner can find by its words, which are stored beside it (core/search.py).

    ``id`` is also the object's place in its list: newest first means by id, and its words have the
    same id. Neither owner nor object is a foreign key, so this app needs to know no other tables.
    Code that deletes an object drops its entry in the same transaction.
    """

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=10)
    object_id = models.UUIDField()
    owner = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "object_id"], name="search_object")
        ]
        indexes: ClassVar = [models.Index(fields=["owner", "kind"], name="search_owner")]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.object_id)[:8]}"


class Erasure(models.Model):
    """The one row that says whether something was deleted and may still be in files (erasing.py).

    asked_at: of the last deletion; None when all is erased. not_before: when the next
    erasure may begin.
    """

    asked_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return "erasure"
