from django.apps import AppConfig


class ScoresConfig(AppConfig):
    name = "playground.scores"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.scores.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
