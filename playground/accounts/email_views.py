"""An account's e-mail address: changed, and confirmed by a link that was sent to it."""

import structlog
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from playground.accounts.authentication.emails import (
    confirmation_token,
    confirmed_email,
    email_change,
    email_confirm,
)
from playground.accounts.authentication.forms import EmailForm
from playground.accounts.mail import failure_of, is_mail_set_up, mail_send
from playground.accounts.models import User
from playground.accounts.views import render_account
from playground.core.errors import TooManyTries

# The window in which messages are counted (ACCOUNT_RATE_LIMITS).
RETRY_AFTER_SECONDS = 3600

log = structlog.get_logger(__name__)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def change_email(request: HttpRequest) -> HttpResponse:
    """Takes another address, or none. Its form is on the account's page."""
    user = _signed_in_user(request)
    if request.method != "POST":
        return redirect("account")
    form = EmailForm(request.POST)
    if not form.is_valid():
        return render_account(request, form, status=400)
    email = form.cleaned_data["email"]
    to_confirm = is_mail_set_up() and email and email != confirmed_email(user)
    if to_confirm and not ratelimit.consume(request, action="confirm_email", key=email, user=user):
        raise TooManyTries(
            "You have asked for several messages. Wait an hour, then try again.",
            retry_after=RETRY_AFTER_SECONDS,
        )
    email_change(user=user, email=email)
    if to_confirm:
        _send_link(request, user)
    else:
        messages.success(request, "Your e-mail address is saved.")
    return redirect("account")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Asks for one press, because programs open links too; then the address is confirmed."""
    user = _signed_in_user(request)
    if request.method != "POST":
        return render(request, "account/email_confirm.html", {"token": token})
    if not email_confirm(user=user, token=token):
        return render(request, "account/email_confirm.html", {"failed": True}, status=400)
    messages.success(request, "Your e-mail address is confirmed.")
    return redirect("account")


def _send_link(request: HttpRequest, user: User) -> None:
    """Sends the link, and says whether that went well."""
    link = request.build_absolute_uri(
        reverse("account_email_confirm", args=[confirmation_token(user)])
    )
    try:
        mail_send(
            to=user.email,
            subject="Confirm your e-mail address",
            text=(
                f"Somebody gave this address for the account {user.get_username()} at "
                f"{request.get_host()}.\n\n"
                "If that was you, confirm it within three days:\n"
                f"{link}\n\n"
                "If not, do nothing: you get no other message.\n"
            ),
        )
    except (OSError, ValueError) as error:
        log.warning("mail_not_sent", error=failure_of(error))
        messages.success(
            request,
            "Your e-mail address is saved. The message with the link could not be sent; try again "
            "later.",
        )
    else:
        messages.success(
            request, "Your e-mail address is saved. Open the link that was sent to it."
        )


def _signed_in_user(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise Http404
    return request.user
