from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "playground.library"
    # In the names of its tables and in the records of migrations.
    label = "prompts"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.library.belongings import BELONGINGS

        for belonging in BELONGINGS:
            belongs(belonging)
