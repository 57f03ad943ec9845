from django.urls import path

from playground.runs import views

app_name = "runs"
urlpatterns = [
    path("runs/<uuid:run_id>/stop/", views.stop, name="stop"),
]
