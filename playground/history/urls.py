"""Addresses of the history, and of actions on one run from any page."""

from django.urls import path

from playground.history import compare_views, run_views, views

app_name = "history"
urlpatterns = [
    path("runs/<uuid:run_id>/star/", run_views.star, name="star"),
    path("runs/<uuid:run_id>/note/", run_views.note, name="note"),
    path("runs/<uuid:run_id>/delete/", run_views.delete, name="delete"),
    path("history/", views.history, name="list"),
    path("history/selected/", views.selected, name="selected"),
    path("history/export/", views.export, name="export"),
    path("history/import/", views.import_, name="import"),
    path("history/import/forget/", views.forget_import, name="forget_import"),
    path("history/delete/", views.delete_selected, name="delete_selected"),
    path("history/delete-all/", views.delete_all, name="delete_all"),
    path("history/compare/", compare_views.compare, name="compare"),
]
