"""Addresses of tables of rows."""

from django.urls import path

from playground.batches import views

app_name = "batches"
urlpatterns = [
    path("prompts/<uuid:prompt_id>/rows/", views.new, name="new"),
    path("prompts/<uuid:prompt_id>/rows/check/", views.check, name="check"),
    path("rows/<uuid:batch_id>/", views.batch, name="batch"),
    path("rows/<uuid:batch_id>/stop/", views.stop, name="stop"),
    path("rows/<uuid:batch_id>/csv/", views.download, name="csv"),
    path("rows/<uuid:batch_id>/delete/", views.delete, name="delete"),
]
