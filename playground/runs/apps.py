from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "playground.runs"

    def ready(self) -> None:
        from playground.live.topics import follows
        from playground.runs.following import RUNS

        follows(RUNS)
