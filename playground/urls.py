"""All routes. Every one answers its owner only, or is public on purpose (tests/security)."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path(settings.ADMIN_PATH, admin.site.urls),
    path("", include("playground.accounts.urls")),
    path("", include("playground.status.urls")),
    path("", include("playground.finetunes.urls")),
    path("", include("playground.datasets.urls")),
    path("", include("playground.batches.urls")),
    path("", include("playground.library.urls")),
    path("", include("playground.sharing.urls")),
    path("", include("playground.workbench.urls")),
    path("", include("playground.history.urls")),
]

handler400 = "playground.core.serving.views.bad_request"
handler403 = "playground.core.serving.views.permission_denied"
handler404 = "playground.core.serving.views.page_not_found"
# Read by allauth, which counts.
handler429 = "playground.core.serving.views.too_many_requests"
handler500 = "playground.core.serving.views.server_error"
