"""The socket on which the site listens."""

import socket

from django.core.management import CommandError


def open_listener(host: str, port: int) -> socket.socket:
    """The site's socket, held by the supervisor: visitors wait while the web part restarts.

    Raises `CommandError` that names the port when it is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CommandError(
            f"Port {port} of {host} cannot be opened: {error.strerror}. "
            f"Stop what listens there, or choose another port: PORT={port + 1} make run"
        ) from error
    # Connections inherit it. The web part is given a descriptor and does not see that it is
    # TCP, so it does not ask for it; without, an answer waits 40 ms for the reader's delayed
    # acknowledgement of its headers.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
