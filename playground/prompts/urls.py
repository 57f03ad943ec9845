from django.urls import path, register_converter

from playground.prompts import (
    compare_views,
    drafts_views,
    library_urls,
    palette,
    run_views,
    sharing_urls,
    sharing_views,
    token_views,
    versions_views,
    views,
)
from playground.prompts.catalog import TEMPLATES, Template

app_name = "prompts"


class TemplateConverter:
    """The slug of a template page, as its `Template`."""

    regex = "|".join(TEMPLATES)

    def to_python(self, value: str) -> Template:
        return TEMPLATES[value]

    def to_url(self, value: Template | str) -> str:
        return value if isinstance(value, str) else value.slug


register_converter(TemplateConverter, "template")

urlpatterns = [
    *library_urls.urlpatterns,
    *sharing_urls.urlpatterns,
    path("", views.home, name="home"),
    path("palette/", palette.palette, name="palette"),
    path("models/menu/", views.models_menu, name="models_menu"),
    path("models/tokens/", token_views.token_texts, name="token_texts"),
    path("<template:template>/", views.template_page, name="template"),
    path("<template:template>/preview/", views.preview, name="preview"),
    path("<template:template>/run/", views.run, name="run"),
    path("<template:template>/panel/", run_views.no_run, name="no_run"),
    path("<template:template>/save/", versions_views.create, name="prompt_create"),
    path("<template:template>/draft/", drafts_views.save, name="draft_save"),
    path("<template:template>/link/", sharing_views.link_to_state, name="link_to_state"),
    path("runs/<uuid:run_id>/", run_views.run_page, name="run_page"),
    path("runs/<uuid:run_id>/output/", run_views.run_output, name="run_output"),
    path("runs/<uuid:run_id>/retry/", run_views.retry, name="retry"),
    path("runs/<uuid:run_id>/table.csv", run_views.run_csv, name="run_csv"),
    path("history/compare/", compare_views.compare, name="compare"),
]
