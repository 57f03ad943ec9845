from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "playground.status"
    label = "status"
