"""Runs for staff: what happened, never the texts."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from playground.accounts.admin_site import LookOnly
from playground.runs.models import Run

# More are not counted: the list is for looking at what happened lately.
_MAX_COUNTED = 10_000


class ShortPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than anybody turns pages."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by().values("pk")[:_MAX_COUNTED].count())


@admin.register(Run)
class RunAdmin(LookOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "__str__",
        "person",
        "model",
        "status",
        "prompt_tokens",
        "completion_tokens",
        "first_token_ms",
        "worker",
        "losses",
        "created_at",
    )
    list_filter = ("status", "model", "template", "created_at")
    search_fields = ("=id", "=person__id", "person__user__username", "worker")
    search_help_text = "A whole id of a run or a person, or a part of a user's or worker's name."
    ordering = ("-created_at",)
    fields = (
        "id",
        "person",
        "model",
        "template",
        "status",
        "finish_reason",
        "error_code",
        "error_message",
        "worker",
        "attempt",
        "losses",
        "epoch",
        "max_tokens",
        "prompt_tokens",
        "completion_tokens",
        "first_token_ms",
        "tokens_per_second",
        "created_at",
        "started_at",
        "finished_at",
    )
    paginator = ShortPaginator
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Run]:
        seen = super().get_queryset(request).select_related("person__user")
        state = ("prompt", "fields", "variables", "source", "parameters")
        return seen.defer(*state, "text", "tokens", "other_choices")
