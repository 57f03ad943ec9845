"""Addresses of the page that prompts are written on, and of everything that opens it."""

from django.urls import path

from playground.library import draft_views
from playground.sharing import owner_views, public_views
from playground.workbench import palette, prompt_views, run_views, token_views, views

app_name = "workbench"
urlpatterns = [
    path("", views.home, name="home"),
    path("palette/", palette.palette, name="palette"),
    path("models/menu/", views.models_menu, name="models_menu"),
    path("models/tokens/", token_views.token_texts, name="token_texts"),
    path("<template:template>/", views.template_page, name="template"),
    path("<template:template>/preview/", views.preview, name="preview"),
    path("<template:template>/run/", views.run, name="run"),
    path("<template:template>/panel/", run_views.no_run, name="no_run"),
    path("<template:template>/save/", prompt_views.create, name="prompt_create"),
    path("<template:template>/link/", owner_views.link_to_state, name="link_to_state"),
    path("prompts/<uuid:prompt_id>/", prompt_views.prompt_page, name="prompt"),
    path("prompts/<uuid:prompt_id>/save/", prompt_views.save, name="prompt_save"),
    path("prompts/<uuid:prompt_id>/v/<int:number>/", prompt_views.version_page, name="version"),
    path("drafts/<uuid:draft_id>/", draft_views.draft_page, name="draft"),
    path("s/<slug:token>/open/", public_views.shared_open, name="shared_open"),
    path(
        "gallery/<uuid:published_id>/open/",
        public_views.gallery_open,
        name="gallery_prompt_open",
    ),
    path("runs/<uuid:run_id>/", run_views.run_page, name="run_page"),
    path("runs/<uuid:run_id>/output/", run_views.run_output, name="run_output"),
    path("runs/<uuid:run_id>/retry/", run_views.retry, name="retry"),
    path("runs/<uuid:run_id>/table.csv", run_views.run_csv, name="run_csv"),
]
