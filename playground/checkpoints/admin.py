"""Workers and tuned models, for staff to look at."""

from django.contrib import admin

from playground.accounts.admin_site import LookOnly, MadeBySite
from playground.checkpoints.models import Adapter, Worker


@admin.register(Worker)
class WorkerAdmin(MadeBySite, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = (
        "name",
        "job",
        "model",
        "device",
        "state",
        "detail",
        "live",
        "slots",
        "speed",
        "heartbeat_at",
    )
    list_filter = ("state", "job", "model", "device")
    search_fields = ("name", "model")
    ordering = ("-heartbeat_at",)
    list_per_page = 50

    @admin.display(description="tokens/s", ordering="tokens_per_second")
    def speed(self, worker: Worker) -> str:
        return "" if worker.tokens_per_second is None else f"{worker.tokens_per_second:.0f}"


@admin.register(Adapter)
class AdapterAdmin(LookOnly, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "person", "base", "rank", "size", "state", "created_at")
    list_filter = ("state", "base", "created_at")
    search_fields = ("name", "=id", "=person__id", "person__user__username")
    search_help_text = "A part of a name, a whole id, or a part of a user's name."
    ordering = ("-created_at",)
    fields = (
        "id",
        "name",
        "person",
        "base",
        "folder",
        "digest",
        "rank",
        "size",
        "changes_nothing",
        "state",
        "created_at",
        "deleted_at",
    )
    list_select_related = ("person__user",)
    list_per_page = 50
