"""Addresses of fine-tunes."""

from django.urls import path

from playground.finetunes.pages import download_views, export_views, views, work_views

app_name = "finetunes"
_ONE = "finetunes/<uuid:finetune_id>/"
urlpatterns = [
    path("finetunes/", views.finetunes, name="list"),
    path("finetunes/new/", work_views.new, name="new"),
    path("finetunes/plan/", work_views.plan, name="plan"),
    path(_ONE, views.finetune, name="finetune"),
    path(f"{_ONE}live/", views.live, name="live"),
    path(f"{_ONE}stop/", work_views.stop, name="stop"),
    path(f"{_ONE}cancel/", work_views.cancel, name="cancel"),
    path(f"{_ONE}move/", work_views.move, name="move"),
    path(f"{_ONE}edit/", work_views.edit, name="edit"),
    path(f"{_ONE}delete/", work_views.delete, name="delete"),
    path(f"{_ONE}adapter.zip", download_views.adapter, name="adapter"),
    path(f"{_ONE}exports/", export_views.exports, name="exports"),
    path(f"{_ONE}exports/<str:dtype>.zip", export_views.export_file, name="export"),
    path(f"{_ONE}exports/<str:dtype>/delete/", export_views.delete_export, name="export_delete"),
    path(f"{_ONE}results.csv", download_views.results, name="results"),
]
