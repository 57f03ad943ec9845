"""Addresses of datasets and uploads."""

from django.urls import path

from playground.datasets import change_views, views
from playground.datasets.uploads import views as upload_views

app_name = "datasets"

_VERSION = "datasets/<uuid:dataset_id>/v/<int:number>/"

urlpatterns = [
    path("datasets/", views.datasets, name="list"),
    path("datasets/guide/", views.guide, name="guide"),
    path("datasets/file/", upload_views.upload_file, name="upload_file"),
    path("datasets/paste/", upload_views.paste, name="paste"),
    path("datasets/examples/<slug:example>/", upload_views.example, name="example"),
    path("datasets/uploads/", upload_views.uploads, name="uploads"),
    path("datasets/uploads/<uuid:upload_id>/", upload_views.upload_part, name="upload_part"),
    path(
        "datasets/uploads/<uuid:upload_id>/finished/",
        upload_views.upload_finished,
        name="upload_finished",
    ),
    path(
        "datasets/uploads/<uuid:upload_id>/discard/",
        upload_views.upload_discard,
        name="upload_discard",
    ),
    path("datasets/<uuid:dataset_id>/", views.dataset, name="dataset"),
    path("datasets/<uuid:dataset_id>/rename/", change_views.rename, name="rename"),
    path("datasets/<uuid:dataset_id>/share/", change_views.share, name="share"),
    path("datasets/<uuid:dataset_id>/unshare/", change_views.unshare, name="unshare"),
    path("datasets/<uuid:dataset_id>/delete/", change_views.delete, name="delete"),
    path(_VERSION, views.version, name="version"),
    path(f"{_VERSION}state/", views.check_state, name="check_state"),
    path(f"{_VERSION}file/", views.download, name="download"),
    path(f"{_VERSION}use/", change_views.use, name="use"),
    path(f"{_VERSION}again/", change_views.check_again, name="check_again"),
    path(f"{_VERSION}fix/<slug:fix>/", change_views.fix, name="fix"),
    path("d/<slug:token>/", views.shared, name="shared"),
    path("d/<slug:token>/file/", views.shared_file, name="shared_file"),
]
