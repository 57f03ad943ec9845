from django.apps import AppConfig


class SharingConfig(AppConfig):
    name = "playground.sharing"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.sharing.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
