"""Line 9: bodies."""

from tests.support.stack import Stack

HUGE = 600 << 20
ACCEPT = "Accept: application/json"


def head(site: Stack, method: str, path: str, *more: str) -> list[str]:
    return [f"{method} {path} HTTP/1.1", f"Host: {site.host}", ACCEPT, *more]
