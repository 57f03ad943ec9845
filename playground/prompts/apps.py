from django.apps import AppConfig


class PromptsConfig(AppConfig):
    name = "playground.prompts"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.prompts.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
