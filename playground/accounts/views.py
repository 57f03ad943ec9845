"""A person's own pages: sign up, in and out, password, export, delete."""

from typing import Any

from allauth.account.views import LoginView, PasswordChangeView, SignupView
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import IntegrityError, transaction
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from playground.accounts.authentication.adapter import NAME_TAKEN
from playground.accounts.authentication.emails import confirmed_email
from playground.accounts.authentication.forms import DeleteForm, EmailForm
from playground.accounts.context import Visit
from playground.accounts.exporting import export_lines
from playground.accounts.leaving import person_delete, user_delete
from playground.accounts.mail import is_mail_set_up
from playground.accounts.models import User
from playground.accounts.people import forget_guest, person_of
from playground.accounts.quotas import quota_lines
from playground.core.errors import Forbidden
from playground.core.serving.streaming import download


class SignUp(SignupView):
    def form_valid(self, form: Any) -> HttpResponse:
        """Makes the account and gives it the guest's everything, or does neither."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().form_valid(form)
                return response
        except IntegrityError:
            name = form.cleaned_data["username"]
            if not User.objects.filter(username__iexact=name).exists():
                raise
            # Somebody else took it between the check and now.
            form.add_error("username", NAME_TAKEN)
            refused: HttpResponse = self.form_invalid(form)
            return refused

    def closed(self) -> HttpResponse:
        response: HttpResponse = super().closed()
        response.status_code = 403
        return response


class ChangePassword(PasswordChangeView):
    def dispatch(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not request.user.has_usable_password():
            raise Forbidden("This account has no password. Ask the people who run this playground.")
        response: HttpResponseBase = super().dispatch(request, *arguments, **options)
        return response

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(
            self.request, "Your password is changed. Everywhere else you are signed out."
        )
        response: HttpResponse = super().form_valid(form)
        return response


sign_in = require_http_methods(["GET", "HEAD", "POST"])(LoginView.as_view())
sign_up = require_http_methods(["GET", "HEAD", "POST"])(SignUp.as_view())
change_password = require_http_methods(["GET", "HEAD", "POST"])(ChangePassword.as_view())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, here and in all its tabs."""
    logout(request)
    return HttpResponseRedirect(settings.PATH_PREFIX, status=303)


@require_safe
def account(request: HttpRequest) -> HttpResponse:
    """What there is to say and do about oneself."""
    user = _user(request)
    form = EmailForm(initial={"email": user.email}) if user else None
    return render_account(request, form)


def render_account(
    request: HttpRequest, form: EmailForm | None, *, status: int = 200
) -> HttpResponse:
    """The account's page with its form for the address."""
    person, user = person_of(request), _user(request)
    context = {
        "person": person,
        "form": form,
        "kept": quota_lines(person) if person else [],
        "has_mail": is_mail_set_up(),
        "confirmed": confirmed_email(user) if user else "",
    }
    return render(request, "account/account.html", context, status=status)


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Everything that the person has, as one file of JSON lines."""
    person = person_of(request)
    if person is None:
        raise Http404
    name = f"playground-{timezone.now():%Y-%m-%d}.jsonl"
    return download(export_lines(person), name=name, content_type="application/jsonl")


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest) -> HttpResponse:
    """Asks once more, then deletes the person and all that is theirs."""
    person, user = person_of(request), _user(request)
    if person is None and user is None:
        raise Http404
    asked = request.method == "POST"
    if asked and user:
        refused: HttpResponse | None = ratelimit.consume_or_429(request, action="reauthenticate")
        if refused:
            return refused
    form = DeleteForm(request.POST if asked else None, user=user)
    if not form.is_valid():
        status = 400 if asked else 200
        context = {"form": form, "can_export": person is not None}
        return render(request, "account/delete.html", context, status=status)
    # The open pages that this ends tell theirs from others' by it.
    tag = Visit(request).account_tag
    # The person is deleted first: pages must learn that they are deleted, not signed out.
    if person is not None:
        person_delete(person=person)
    elif user is not None:
        user_delete(user=user)
    logout(request)
    forget_guest(request)
    messages.success(request, "Everything is deleted.", extra_tags=f"all-deleted {tag}")
    return HttpResponseRedirect(reverse("account_login"), status=303)


def _user(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
