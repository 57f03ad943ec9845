"""All routes. Every one answers its owner only, or is public on purpose (tests/security)."""

from django.urls import include, path

urlpatterns = [
    path("", include("playground.status.urls")),
    path("", include("playground.runs.urls")),
    path("", include("playground.prompts.urls")),
]

handler400 = "playground.core.views.bad_request"
handler403 = "playground.core.views.permission_denied"
handler404 = "playground.core.views.page_not_found"
handler500 = "playground.core.views.server_error"
