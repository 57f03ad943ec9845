"""People for tests: signed-in users, guests with a cookie."""

from django.test import Client

from playground.accounts.models import Person, User
from playground.accounts.people import COOKIE, cookie_value

PASSWORD = "correct horse battery"


def make_user(name: str = "ann", **values: object) -> User:
    return User.objects.create_user(name, password=PASSWORD, **values)


def signed_in_client(user: User) -> Client:
    """A browser in which ``user`` has signed in on the page."""
    client = Client()
    sign_in(client, user.get_username())
    return client


def guest_client(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


def sign_in(client: Client, name: str, password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return client.post("/account/sign-in/", {"login": name, "password": password, **more})


def sign_up(client: Client, name: str = "ann", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    fields = {"username": name, "password1": password, "password2": password, **more}
    return client.post("/account/sign-up/", fields)


def user_of(client: Client) -> str | None:
    """The id of the user who is signed in there."""
    return client.session.get("_auth_user_id")
