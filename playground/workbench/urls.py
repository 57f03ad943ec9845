"""Addresses of the page that prompts are written on, and of everything that opens it."""

from django.urls import path

from playground.workbench import (
    home,
    open_views,
    palette,
    save_views,
    token_views,
    views,
)
from playground.workbench.running import score_views
from playground.workbench.running import views as run_views

app_name = "workbench"
urlpatterns = [
    path("", home.home, name="home"),
    path("palette/", palette.palette, name="palette"),
    path("models/menu/", views.models_menu, name="models_menu"),
    path("models/tokens/", token_views.token_texts, name="token_texts"),
    path("models/split/", token_views.split_texts, name="split_texts"),
    path("<template:template>/", views.template_page, name="template"),
    path("<template:template>/preview/", views.preview, name="preview"),
    path("<template:template>/run/", run_views.run, name="run"),
    path("<template:template>/score/", score_views.score, name="score"),
    path("<template:template>/panel/", run_views.no_run, name="no_run"),
    path("<template:template>/save/", save_views.create, name="prompt_create"),
    path("<template:template>/share/", save_views.save_and_share, name="save_and_share"),
    path("<template:template>/link/", views.link_to_state, name="link_to_state"),
    path("prompts/<uuid:prompt_id>/", open_views.prompt, name="prompt"),
    path("prompts/<uuid:prompt_id>/save/", save_views.save, name="prompt_save"),
    path("prompts/<uuid:prompt_id>/v/<int:number>/", open_views.version, name="version"),
    path("drafts/<uuid:draft_id>/", open_views.draft, name="draft"),
    path("s/<slug:token>/open/", open_views.shared, name="shared_open"),
    path("gallery/<uuid:published_id>/open/", open_views.published, name="gallery_prompt_open"),
    path("runs/<uuid:run_id>/", open_views.run, name="run_page"),
    path("runs/<uuid:run_id>/copy/", open_views.run_copy, name="run_copy"),
    path("runs/<uuid:run_id>/output/", run_views.run_output, name="run_output"),
    path("runs/<uuid:run_id>/stop/", run_views.stop, name="stop"),
    path("runs/<uuid:run_id>/retry/", run_views.retry, name="retry"),
    path("runs/<uuid:run_id>/branch/", run_views.branch, name="branch"),
    path("runs/<uuid:run_id>/tokens/", token_views.run_tokens, name="run_tokens"),
    path("runs/<uuid:run_id>/tree/", run_views.tree, name="run_tree"),
    path("scores/<uuid:score_id>/", score_views.score_state, name="score_state"),
    path("runs/<uuid:run_id>/table.csv", run_views.run_csv, name="run_csv"),
]
