from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "playground.runs"

    def ready(self) -> None:
        from playground.accounts.sessions import sessions_changed
        from playground.runs.watching import tell_watches

        sessions_changed.connect(tell_watches)
