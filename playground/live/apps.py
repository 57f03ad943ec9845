from django.apps import AppConfig


class LiveConfig(AppConfig):
    name = "playground.live"

    def ready(self) -> None:
        from playground.accounts.authentication.sessions import sessions_changed
        from playground.live.watching import tell_watches

        sessions_changed.connect(tell_watches)
