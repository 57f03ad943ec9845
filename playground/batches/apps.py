from django.apps import AppConfig


class BatchesConfig(AppConfig):
    name = "playground.batches"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.batches.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
