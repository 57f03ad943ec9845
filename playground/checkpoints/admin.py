"""The workers, for staff to look at."""

from django.contrib import admin

from playground.accounts.admin_site import MadeBySite
from playground.checkpoints.models import Worker


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
