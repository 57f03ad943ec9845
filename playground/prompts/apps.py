from django.apps import AppConfig
from django.urls import register_converter


class PromptsConfig(AppConfig):
    name = "playground.prompts"
    # The tables of saved prompts have the label "prompts" (playground/library).
    label = "prompt_formats"

    def ready(self) -> None:
        from playground.prompts.converters import TemplateConverter

        register_converter(TemplateConverter, "template")
