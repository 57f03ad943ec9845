from django.apps import AppConfig


class CheckpointsConfig(AppConfig):
    name = "playground.checkpoints"
    label = "checkpoints"
