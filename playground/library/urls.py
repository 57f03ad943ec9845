"""Addresses of saved prompts and drafts."""

from django.urls import path

from playground.library import draft_views, version_views, views

app_name = "library"
urlpatterns = [
    path("prompts/", views.library, name="list"),
    path(
        "prompts/<uuid:prompt_id>/v/<int:number>/restore/",
        version_views.restore,
        name="version_restore",
    ),
    path("prompts/<uuid:prompt_id>/versions/", version_views.versions, name="versions"),
    path("prompts/<uuid:prompt_id>/diff/", version_views.diff, name="diff"),
    path("prompts/<uuid:prompt_id>/star/", views.star, name="star"),
    path("prompts/<uuid:prompt_id>/duplicate/", views.duplicate, name="duplicate"),
    path("prompts/<uuid:prompt_id>/archive/", views.archive, name="archive"),
    path("prompts/<uuid:prompt_id>/unarchive/", views.unarchive, name="unarchive"),
    path("prompts/<uuid:prompt_id>/edit/", views.edit, name="edit"),
    path("prompts/<uuid:prompt_id>/row/", views.row, name="row"),
    path("prompts/<uuid:prompt_id>/delete/", views.delete, name="delete"),
    path("drafts/<uuid:draft_id>/discard/", draft_views.discard, name="draft_discard"),
    path("drafts/<uuid:draft_id>/restore/", draft_views.restore, name="draft_restore"),
    path("<template:template>/draft/", draft_views.save, name="draft_save"),
]
