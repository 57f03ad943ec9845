"""A person at the playground without a browser: opens pages, fills in their forms, sends them."""

import json
import re
import urllib.parse
from collections.abc import Mapping

from tests.support.visitor import Answer, Visitor
from tests.upgrade.reading import form_state, read_page

PASSWORD = "correct horse battery"
Values = Mapping[str, str | list[str]]


class Browser:
    """A visitor who works with complete forms: unchanged values are sent as the page has them."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def open(self, path: str) -> str:
        answer = self.visitor.get(path)
        if answer.status != 200:
            raise AssertionError(f"{path} answered {answer.status}: {answer.text[:500]}")
        return answer.text

    def send(self, path: str, values: Values, *, status: int = 303) -> Answer:
        """Posts values; a list repeats its name."""
        form = {"csrfmiddlewaretoken": self.visitor.cookies["csrftoken"], **values}
        body = urllib.parse.urlencode(form, doseq=True).encode()
        answer = self.visitor.request("POST", path, body)
        if answer.status != status:
            raise AssertionError(f"{path} answered {answer.status}: {answer.text[:400]}")
        return answer

    def form(self, path: str, changes: Values) -> dict[str, str | list[str]]:
        """The form of the page at ``path``, with changes."""
        return {**form_state(read_page(self.open(path))), **changes}

    # --- Accounts -----------------------------------------------------------------

    def sign_up(self, name: str) -> None:
        page = self.open("/account/sign-up/")
        fields = {one.attributes.get("name", "") for one in read_page(page).find(tag="input")}
        passwords = {field: PASSWORD for field in fields if field.startswith("password")}
        self.send("/account/sign-up/", {"username": name, **passwords}, status=302)

    def sign_in(self, name: str) -> None:
        self.send("/account/sign-in/", {"login": name, "password": PASSWORD}, status=302)

    # --- Runs ---------------------------------------------------------------------

    def run(self, path: str, slug: str, /, **changes: str | list[str]) -> str:
        """Presses Run on the page at ``path``, which is a page of the template ``slug``."""
        answer = self.send(f"/{slug}/run/", self.form(path, changes))
        return _id_in(answer.headers["Location"])

    def retry(self, run: str) -> str:
        return _id_in(self.send(f"/runs/{run}/retry/", {}).headers["Location"])

    def star(self, run: str) -> None:
        self.send(f"/runs/{run}/star/", {"starred": "1"})

    # --- Prompts ------------------------------------------------------------------

    def save_new(self, path: str, slug: str, /, **changes: str | list[str]) -> str:
        """Saves the page at ``path`` as a new prompt; returns its id."""
        answer = self.send(f"/{slug}/save/", self.form(path, changes))
        return _id_in(answer.headers["Location"])

    def save_version(self, prompt: str, /, **changes: str | list[str]) -> None:
        self.send(f"/prompts/{prompt}/save/", self.form(f"/prompts/{prompt}/", changes))

    def draft(self, path: str, slug: str, /, *, writer: str, **changes: str | list[str]) -> str:
        """The page at ``path`` saves the typed text; returns the draft's id. 409 makes a copy."""
        values = self.form(path, {"draft_writer": writer, "draft_step": "1", **changes})
        body = urllib.parse.urlencode(
            {"csrfmiddlewaretoken": self.visitor.cookies["csrftoken"], **values}, doseq=True
        ).encode()
        answer = self.visitor.request("POST", f"/{slug}/draft/", body)
        if answer.status not in (200, 409):
            raise AssertionError(f"the draft was answered {answer.status}: {answer.text[:500]}")
        return str(json.loads(answer.text)["draft"])

    def make_link(self, prompt: str, /, **choices: str | list[str]) -> str:
        """Makes a link; returns its address."""
        before = self._links(prompt)
        self.send(f"/prompts/{prompt}/share/", choices)
        (made,) = self._links(prompt) - before
        return made

    def _links(self, prompt: str) -> set[str]:
        page = self.open(f"/prompts/{prompt}/share/")
        return set(re.findall(r"/s/[\w-]{22}/", page))

    def fork(self, address: str) -> str:
        return _id_in(self.send(f"{address}fork/", {}).headers["Location"])


def _id_in(address: str) -> str:
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", address)
    if found is None:
        raise AssertionError(f"no id in {address}")
    return found[0]
