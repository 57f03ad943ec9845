from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "playground.runs"
    label = "runs"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.runs.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
