from django.urls import path

from playground.runs import history_views, views

app_name = "runs"
urlpatterns = [
    path("runs/<uuid:run_id>/stop/", views.stop, name="stop"),
    path("runs/<uuid:run_id>/star/", views.star, name="star"),
    path("runs/<uuid:run_id>/delete/", views.delete, name="delete"),
    path("history/", history_views.history, name="history"),
    path("history/selected/", history_views.selected, name="selected"),
    path("history/export/", history_views.export, name="export"),
    path("history/import/", history_views.import_, name="import"),
    path("history/import/forget/", history_views.forget_import, name="forget_import"),
    path("history/delete/", history_views.delete_selected, name="delete_selected"),
    path("history/delete-all/", history_views.delete_all, name="delete_all"),
]
