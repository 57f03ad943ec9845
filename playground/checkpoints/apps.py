from django.apps import AppConfig


class CheckpointsConfig(AppConfig):
    name = "playground.checkpoints"
    label = "checkpoints"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.checkpoints.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
