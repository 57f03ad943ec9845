"""Long answers, sent as they are made."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse

# Of characters; small enough to hold, large enough that a line costs nothing.
CHUNK = 1 << 16


def download(lines: Iterator[str], *, name: str, content_type: str) -> StreamingHttpResponse:
    """``lines`` as a file called ``name``, of which only a chunk is ever held."""
    response = StreamingHttpResponse(_chunks(lines), content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


async def _chunks(lines: Iterator[str]) -> AsyncIterator[bytes]:
    """Takes the lines in the request's own thread, whose database connection they use."""
    take = sync_to_async(_take, thread_sensitive=True)
    while chunk := await take(lines):
        yield chunk


def _take(lines: Iterator[str]) -> bytes:
    taken: list[str] = []
    size = 0
    for line in lines:
        taken.append(line)
        size += len(line)
        if size >= CHUNK:
            break
    return "".join(taken).encode()
