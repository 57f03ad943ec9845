"""The scenes of the pictures: the buttons that they press must be on the pages."""

from tests.browser.guest import Guest
from tools.scenes import DIALOGS, OF_STRANGERS, make_things, open_dialog


def test_every_scene_can_be_made(guest: Guest) -> None:
    page = guest.page("/")

    paths = make_things(page, guest.url)

    for path in (*paths.values(), *OF_STRANGERS.values()):
        response = page.goto(guest.url + path)
        assert response is not None
        assert response.ok, path
    for how in DIALOGS.values():
        page.goto(guest.url + paths["prompt"])
        open_dialog(page, how)
