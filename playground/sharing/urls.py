"""Addresses of share links, the gallery, and what an owner does about them."""

from django.urls import path

from playground.sharing import model_views as models
from playground.sharing import owner_views as views
from playground.sharing import public_views as public

app_name = "sharing"
urlpatterns = [
    path("prompts/<uuid:prompt_id>/share/", views.share, name="share"),
    path(
        "prompts/<uuid:prompt_id>/share/<uuid:share_id>/revoke/", views.revoke, name="share_revoke"
    ),
    path("prompts/<uuid:prompt_id>/private/", views.make_private, name="make_private"),
    path("prompts/<uuid:prompt_id>/publish/", views.publish, name="publish"),
    path("prompts/<uuid:prompt_id>/unpublish/", views.unpublish, name="unpublish"),
    path("s/<slug:token>/", public.shared, name="shared"),
    path("s/<slug:token>/fork/", public.shared_fork, name="shared_fork"),
    path("s/<slug:token>/preview.png", public.shared_image, name="shared_image"),
    path("tuned/<uuid:adapter_id>/share/", models.model_sharing, name="model_sharing"),
    path("m/<slug:token>/", models.shared_model, name="shared_model"),
    path("m/<slug:token>/remove/", models.shared_model_leave, name="shared_model_leave"),
    path("gallery/", public.gallery, name="gallery"),
    path("gallery/<uuid:published_id>/", public.gallery_prompt, name="gallery_prompt"),
    path("gallery/<uuid:published_id>/fork/", public.gallery_fork, name="gallery_prompt_fork"),
    path(
        "gallery/<uuid:published_id>/preview.png", public.gallery_image, name="gallery_prompt_image"
    ),
]
