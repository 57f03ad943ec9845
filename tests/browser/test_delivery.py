"""How pages and files are delivered: compressed, and each file once."""

from playwright.sync_api import Response

from tests.browser.guest import Guest


def test_pages_and_files_are_compressed_and_files_are_cached(guest: Guest) -> None:
    page = guest.context.new_page()
    came: list[Response] = []
    page.on("response", lambda answer: came.append(answer))
    page.goto(f"{guest.url}/translation/", wait_until="networkidle")

    encodings = {
        kind: {answer.headers.get("content-encoding") for answer in came if kind in answer.url}
        for kind in ("/translation/", ".css", ".js")
    }
    assert encodings == {"/translation/": {"gzip"}, ".css": {"br"}, ".js": {"br"}}
    caching = {answer.headers["cache-control"] for answer in came if "/static/" in answer.url}
    assert all("immutable" in header for header in caching)
    assert {answer.headers["vary"] for answer in came if ".css" in answer.url} == {
        "Accept-Encoding"
    }
