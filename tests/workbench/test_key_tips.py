"""Every key that the list of keys names for a control is named at that control too."""

import re

import pytest
from django.test import Client

from playground.accounts.models import Person
from tests.conftest import make_run
from tests.library.saved import guest_of

pytestmark = pytest.mark.django_db

# By its words in the list of keys: the control, and the key as aria-keyshortcuts writes it.
CONTROLS = {
    "Search commands, pages and prompts": ('data-opens="palette"', "Control+K"),
    "This list (outside a text field)": ('data-opens="keys"', "?"),
    "Run from the cursor": ('id="run-here"', "Alt+Enter"),
    "Run": ('id="run"', "Control+Enter"),
    "Retry": ('id="retry"', "Control+Shift+Enter"),
    "Stop; the text stays": ('id="stop"', "Escape"),
    "Save: a new prompt, or a new version": ('id="open-save"', "Control+S"),
    "Undo; a generation is one step": ('id="undo"', "Control+Z"),
}
# What has no control of its own: the caret, a tab, a row, a token, or a list's box.
WITHOUT_CONTROL = {
    "Go to the search box of a list",
    "Close a dialog or menu",
    "On a completion with probabilities: its tokens",
    "On a token: next or previous alternative; Enter continues with it",
    "Of outputs side by side: keep one",
    "Previous run, next run",
    "Parent run, child run",
    "First run, last run",
    "Open it",
}
# Where there are several runs.
OF_SIBLINGS = {"Previous or next sibling", "Next run with a star"}


def test_a_key_in_the_list_is_named_at_its_control(client: Client) -> None:
    page = client.get("/free/").content.decode()
    named = {" ".join(words.split()) for words in re.findall(r"<dd>(.*?)</dd>", page, re.DOTALL)}

    assert named - WITHOUT_CONTROL - OF_SIBLINGS == CONTROLS.keys()
    for mark, key in CONTROLS.values():
        (tag,) = re.findall(rf"<button[^>]*{re.escape(mark)}[^>]*>", page)
        assert f'aria-keyshortcuts="{key}"' in tag, tag


def test_siblings_and_the_search_box_name_their_keys(person: Person) -> None:
    first = make_run(person, status="succeeded")
    make_run(person, origin=first, status="succeeded", starred=True)
    client = guest_of(person)

    page = client.get(f"/runs/{first.pk}/").content.decode()
    assert 'aria-keyshortcuts="Alt+ArrowDown" title="Next sibling (Alt+↓)"' in page
    assert 'title="Next run with a star (B)" aria-keyshortcuts="B"' in page
    assert 'aria-keyshortcuts="/"' in client.get("/history/").content.decode()
