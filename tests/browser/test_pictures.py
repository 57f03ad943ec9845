"""The scenes of the pictures: the buttons that they press must be on the pages."""

import pytest

from tests.browser.guest import Guest
from tools.scenes import DIALOGS, OF_STRANGERS, make_things, open_dialog


@pytest.mark.usefixtures("checker")
def test_every_scene_can_be_made(guest: Guest) -> None:
    page = guest.page("/")

    # Nobody tunes this one: what a training looks like has tests of its own.
    paths = make_things(page, guest.url, base="spare", is_trained=False)

    for path in (*paths.values(), *OF_STRANGERS.values()):
        response = page.goto(guest.url + path)
        assert response is not None
        assert response.ok, path
    for how in DIALOGS.values():
        page.goto(guest.url + paths["prompt"])
        open_dialog(page, how)
