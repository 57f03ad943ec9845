"""The forms of an account, in the words and the look of the other pages."""

from typing import Any

from allauth.account.forms import ChangePasswordForm, LoginForm, SignupForm
from django import forms
from django.core.exceptions import ValidationError

from playground.accounts.authentication.names import MAX_NAME
from playground.accounts.mail import is_mail_set_up
from playground.accounts.models import User

_ADVICE = "At least 10 characters, not a common password."


class _Plain(forms.Form):
    """Inputs as all pages have them: a label above, no placeholder in it."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if not isinstance(field.widget, forms.CheckboxInput):
                field.widget.attrs["class"] = "input"

    def say(self, name: str, label: str, help_text: str = "") -> None:
        """Names a field and explains it."""
        self.fields[name].label = label
        self.fields[name].help_text = help_text


def _email_help() -> str:
    """Who writes to an address. Nobody but staff sees it."""
    if is_mail_set_up():
        return "For messages that you ask for, and for the people who run this playground."
    return "For the people who run this playground only."


class SignInForm(_Plain, LoginForm):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.say("login", "Name")
        self.say("password", "Password")
        self.fields["login"].widget.attrs |= {"autocapitalize": "none", "spellcheck": "false"}


class SignUpForm(_Plain, SignupForm):
    field_order = ("username", "password1", "password2", "email")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.say("username", "Name", "Letters from a to z, digits and . + - _ @")
        self.say("password1", "Password", _ADVICE)
        self.say("password2", "Password, again")
        self.say("email", "E-mail (optional)", _email_help())
        self.fields["username"].widget.attrs |= {
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": str(MAX_NAME),
        }


class PasswordForm(_Plain, ChangePasswordForm):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.say("oldpassword", "Password now")
        self.say("password1", "New password", _ADVICE)
        self.say("password2", "New password, again")


class EmailForm(_Plain):
    """The address that the operator may write to; none is fine."""

    email = forms.EmailField(
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.say("email", "E-mail (optional)", _email_help())

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class DeleteForm(_Plain):
    """Says once more that it is meant: an account by its password, a guest by a tick."""

    password = forms.CharField(
        label="Your password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    sure = forms.BooleanField(label="Delete everything that I have made here")

    def __init__(self, *arguments: Any, user: User | None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.user = user
        del self.fields["sure" if user else "password"]

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        if self.user is not None and not self.user.check_password(password):
            raise ValidationError("This is not your password.")
        return password
