from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "playground.accounts"
    label = "accounts"

    def ready(self) -> None:
        from playground.accounts import signals  # noqa: F401
