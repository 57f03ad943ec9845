from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "playground.core"
    label = "core"

    def ready(self) -> None:
        # Registers itself.
        from playground.core.configuration import checks  # noqa: F401
