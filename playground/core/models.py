"""What the search knows about an object. Its words lie beside it; see core/search.py."""

from typing import ClassVar

from django.db import models


class SearchEntry(models.Model):
    """An object that its owner can find by its words.

    ``id`` is also where it stands in its list: newest first is by id, and its
    words have the same id. Neither owner nor object is a foreign key, so that
    this app needs to know nobody's tables; whoever deletes an object drops its
    entry in the same transaction.
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
