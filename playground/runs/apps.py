from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "playground.runs"

    def ready(self) -> None:
        from playground.accounts.belongings import belongs
        from playground.live.topics import follows
        from playground.runs.belongings import BELONGINGS
        from playground.runs.following import RUNS

        follows(RUNS)
        for belonging in BELONGINGS:
            belongs(belonging)
