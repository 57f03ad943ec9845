from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "playground.datasets"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.datasets.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
