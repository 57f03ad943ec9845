"""The admin pages: for staff, who sign in where everybody does."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from playground.accounts.authentication.gate import sign_in_address
from playground.core.errors import Forbidden


class MadeBySite:
    """Pages of rows that the site alone makes and changes. Staff may delete one."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LookOnly(MadeBySite):
    """Pages that show rows; what else may be done with them is an action of the list."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SiteAdmin(admin.AdminSite):
    """No password form of its own: one sign-in page, one limit on tries."""

    site_title = site_header = "GPT-J Playground"
    index_title = "Administration"
    site_url = settings.PATH_PREFIX
    # An unknown address shows our own error page, to everybody alike.
    final_catch_all_view = False

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sends a stranger to sign in, and tells a user who is no staff."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Forbidden("These pages are for the people who run this playground.")
        wanted = request.GET.get("next", "")
        if self.has_permission(request):
            return redirect("admin:index")
        return redirect(sign_in_address(wanted))

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """The page that everybody has."""
        return redirect("account_change_password")
