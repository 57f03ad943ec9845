"""The site's socket."""

import socket

import pytest
from django.core.management import CommandError

from playground.management.listener import open_listener


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
