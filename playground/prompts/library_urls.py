"""Addresses of saved prompts and drafts."""

from django.urls import path

from playground.prompts import drafts_views, library_views, versions_views

urlpatterns = [
    path("prompts/", library_views.library, name="library"),
    path("prompts/<uuid:prompt_id>/", versions_views.prompt_page, name="prompt"),
    path("prompts/<uuid:prompt_id>/save/", versions_views.save, name="prompt_save"),
    path("prompts/<uuid:prompt_id>/v/<int:number>/", versions_views.version_page, name="version"),
    path(
        "prompts/<uuid:prompt_id>/v/<int:number>/restore/",
        versions_views.restore,
        name="version_restore",
    ),
    path("prompts/<uuid:prompt_id>/versions/", versions_views.versions, name="versions"),
    path("prompts/<uuid:prompt_id>/diff/", versions_views.diff, name="diff"),
    path("prompts/<uuid:prompt_id>/star/", library_views.star, name="star"),
    path("prompts/<uuid:prompt_id>/archive/", library_views.archive, name="archive"),
    path("prompts/<uuid:prompt_id>/unarchive/", library_views.unarchive, name="unarchive"),
    path("prompts/<uuid:prompt_id>/edit/", library_views.edit, name="edit"),
    path("prompts/<uuid:prompt_id>/row/", library_views.row, name="row"),
    path("prompts/<uuid:prompt_id>/delete/", library_views.delete, name="delete"),
    path("drafts/<uuid:draft_id>/", drafts_views.draft_page, name="draft"),
    path("drafts/<uuid:draft_id>/discard/", drafts_views.discard, name="draft_discard"),
    path("drafts/<uuid:draft_id>/restore/", drafts_views.restore, name="draft_restore"),
]
