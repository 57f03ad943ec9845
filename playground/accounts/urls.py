from allauth.account.views import account_inactive
from django.urls import path

from playground.accounts import email_views, views

# The names are those by which allauth finds its pages; the others it has are not here.
urlpatterns = [
    path("account/", views.account, name="account"),
    path("account/sign-in/", views.sign_in, name="account_login"),
    path("account/sign-up/", views.sign_up, name="account_signup"),
    path("account/sign-out/", views.sign_out, name="account_logout"),
    path("account/password/", views.change_password, name="account_change_password"),
    path("account/email/", email_views.change_email, name="account_change_email"),
    path(
        "account/email/confirm/<str:token>/",
        email_views.confirm_email,
        name="account_email_confirm",
    ),
    path("account/closed/", account_inactive, name="account_inactive"),
    path("account/export/", views.export, name="account_export"),
    path("account/delete/", views.delete, name="account_delete"),
]
