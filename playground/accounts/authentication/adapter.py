"""What allauth does differently here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from playground.accounts.addresses import address_of

NAME_TAKEN = "This name is taken. Choose another."


class AccountAdapter(DefaultAccountAdapter):
    """Accounts by name and password, without mail."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": "The name and the password do not belong together.",
        "username_taken": NAME_TAKEN,
        "enter_current_password": "This is not your password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.ALLOW_SIGN_UP)

    def is_safe_url(self, url: str | None) -> bool:
        """Whether ``url`` leads to a page of the host that was asked, and nowhere else."""
        request = context.request
        return bool(url) and url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """By what an address is counted."""
        return address_of(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def add_message(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """The pages say themselves what happened."""
