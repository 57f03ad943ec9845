from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "playground.history"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.history.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
