"""Saved prompts and links, for staff: to look at, to keep out of the gallery, to revoke."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from playground.accounts.admin_site import LookOnly
from playground.library.models import Prompt
from playground.sharing.gallery import prompt_bar, prompt_unbar
from playground.sharing.models import Share


class PublishedFilter(admin.SimpleListFilter):
    """Whether it is in the gallery."""

    title = "in the gallery"
    parameter_name = "published"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: Any, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(published_at__isnull=self.value() == "no")
        return queryset


@admin.register(Prompt)
class PromptAdmin(LookOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("title", "person", "template", "published_at", "barred_at", "updated_at")
    list_filter = (PublishedFilter, "barred_at", "template", "updated_at")
    list_select_related = ("person__user",)
    search_fields = ("=id", "title", "=person__id", "person__user__username")
    ordering = ("-updated_at",)
    fields = (
        "id",
        "person",
        "title",
        "description",
        "template",
        "published_at",
        "barred_at",
        "archived_at",
    )
    actions = ("bar", "unbar")
    list_per_page = 50

    @admin.action(description="Keep out of the gallery")
    def bar(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> None:
        prompts = list(queryset)
        for prompt in prompts:
            prompt_bar(prompt=prompt)
        self.message_user(request, f"{len(prompts)} kept out of the gallery.")

    @admin.action(description="Let into the gallery again")
    def unbar(self, request: HttpRequest, queryset: QuerySet[Prompt]) -> None:
        prompts = list(queryset)
        for prompt in prompts:
            prompt_unbar(prompt=prompt)
        self.message_user(request, f"{len(prompts)} may be published again by their owners.")


@admin.register(Share)
class ShareAdmin(LookOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    """Without the token: anyone who has it can read what it shows."""

    list_display = ("__str__", "person", "created_at", "expires_at", "revoked_at")
    list_filter = ("created_at", "revoked_at")
    list_select_related = ("prompt", "person__user")
    search_fields = ("=id", "prompt__title", "=person__id", "person__user__username")
    ordering = ("-created_at",)
    fields = ("id", "prompt", "person", "created_at", "expires_at", "revoked_at")
    actions = ("revoke",)
    list_per_page = 50

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[Share]) -> None:
        count = queryset.filter(revoked_at__isnull=True).update(revoked_at=timezone.now())
        self.message_user(request, f"{count} revoked.")
