"""The site's socket, and the addresses that are printed."""

import socket

import pytest
from django.core.management import CommandError
from pytest_django.fixtures import Settings

from playground.management.listener import addresses, open_listener


def outer_address() -> str:
    """This machine's address on the way to others, or its local address without a network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def test_answers_do_not_wait_for_acknowledgements() -> None:
    with (
        open_listener("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_taken_port_is_named() -> None:
    with open_listener("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} .*PORT={port + 1}"):
            open_listener("127.0.0.1", port)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_all_of_ipv6_accepts_ipv4_too(host: str) -> None:
    with (
        open_listener("::", 0) as listener,
        socket.create_connection((host, listener.getsockname()[1]), timeout=5),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getpeername()[0].endswith(host)


@pytest.mark.parametrize("host", ["192.0.2.77", "no-such-host.invalid", "2001:db8::77"])
def test_an_address_of_another_machine_is_named_without_a_port(host: str) -> None:
    with pytest.raises(CommandError) as refused:
        open_listener(host, 0)

    assert str(refused.value).startswith(f"HOST is {host}, which is no address of this machine.")
    assert "PORT=" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "allowed", "told"),
    [
        ("127.0.0.1", ["localhost", "127.0.0.1"], ["http://127.0.0.1:{port}"]),
        ("127.0.0.1", ["localhost"], ["http://localhost:{port}"]),
        ("::1", ["[::1]"], ["http://[::1]:{port}"]),
        ("0.0.0.0", ["localhost", "127.0.0.1"], ["http://127.0.0.1:{port}"]),
        ("0.0.0.0", ["*"], ["http://127.0.0.1:{port}", "http://{outer}:{port}"]),
        ("::", ["127.0.0.1", "{outer}"], ["http://127.0.0.1:{port}", "http://{outer}:{port}"]),
        ("127.0.0.1", [".a.org"], ["http://127.0.0.1:{port} (asked for as a.org)"]),
    ],
)
def test_printed_addresses_open_in_a_browser(
    host: str, allowed: list[str], told: list[str], settings: Settings
) -> None:
    outer = outer_address()
    settings.ALLOWED_HOSTS = [entry.format(outer=outer) for entry in allowed]

    with open_listener(host, 0) as listener:
        port = listener.getsockname()[1]
        assert addresses(listener) == [url.format(outer=outer, port=port) for url in told]
