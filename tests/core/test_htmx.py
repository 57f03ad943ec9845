"""No value of htmx's headers causes an error."""

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from playground.core.htmx import HtmxDetails
from tests.security.nasty import HEADER_VALUES


def details(**headers: str) -> HtmxDetails:
    request: HttpRequest = RequestFactory().get("/", headers=headers)
    return HtmxDetails(request)


def test_the_path_of_the_requesting_page() -> None:
    assert details(hx_current_url="http://testserver/runs/1/?a=b").current_path == "/runs/1/"
    assert details().current_path == ""


@pytest.mark.parametrize("value", HEADER_VALUES)
def test_no_header_value_causes_an_error(value: str) -> None:
    names = ("hx_current_url", "hx_prompt", "hx_target", "hx_trigger", "triggering_event")
    for encoded in ("false", "true"):
        uris = {f"{name}_uri_autoencoded": encoded for name in names}
        shown = details(**dict.fromkeys(names, value), **uris)
        for name in ("current_url", "current_path", "current_url_abs_path", "triggering_event"):
            getattr(shown, name)


@pytest.mark.parametrize("value", ["http://[", "http://]/", "https://[v1.x]/a"])
def test_an_invalid_address_is_none(value: str) -> None:
    assert details(hx_current_url=value).current_url_abs_path is None
