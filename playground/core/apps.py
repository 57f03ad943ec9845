from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "playground.core"
    label = "core"

    def ready(self) -> None:
        # Registers itself.
        pass
