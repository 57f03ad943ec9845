from django.apps import AppConfig


class FinetunesConfig(AppConfig):
    name = "playground.finetunes"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.finetunes.belongings import BELONGINGS
        from playground.finetunes.following import FINETUNES
        from playground.live.topics import follows

        follows(FINETUNES)
        for belonging in BELONGINGS:
            belongs(belonging)
