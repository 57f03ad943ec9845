"""Long answers, sent as they are made."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

# Of characters; small enough to hold, large enough that a line costs nothing.
CHUNK = 1 << 16
# Of a file, in bytes.
BLOCK = 1 << 18


def download(lines: Iterator[str], *, name: str, content_type: str) -> StreamingHttpResponse:
    """``lines`` as a file called ``name``, of which only a chunk is ever held.

    A reader that is slow or goes away holds no connection to the database: ``lines`` must keep
    no query open from one line to the next.
    """
    response = StreamingHttpResponse(_Chunks(lines), content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def download_file(path: Path, *, name: str) -> StreamingHttpResponse:
    """The file at ``path`` as an attachment called ``name``, of which only a block is ever held.

    It is somebody's: no browser is told that it is a page.
    """
    response = StreamingHttpResponse(_blocks(path), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Content-Length"] = str(path.stat().st_size)
    response["Cache-Control"] = "no-store"
    return response


def download_blocks(blocks: Iterator[bytes], *, name: str) -> StreamingHttpResponse:
    """``blocks`` as an attachment called ``name``, each made when the reader takes it."""
    response = StreamingHttpResponse(_iterate(blocks), content_type="application/octet-stream")
    response["Content-Disposition"] = content_disposition_header(True, name)
    response["Cache-Control"] = "no-store"
    return response


async def _iterate(blocks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The blocks, made in the request's own thread."""
    take = sync_to_async(lambda: next(blocks, None), thread_sensitive=True)
    while (block := await take()) is not None:
        yield block


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    """The file in blocks, read in the request's own thread."""
    with path.open("rb") as file:
        read = sync_to_async(file.read, thread_sensitive=True)
        while block := await read(BLOCK):
            yield block


class _Chunks:
    """The lines in chunks, taken in the request's own thread.

    Django closes it with the response, however that ends.
    """

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    async def __aiter__(self) -> AsyncIterator[bytes]:
        take = sync_to_async(_take, thread_sensitive=True)
        while chunk := await take(self._lines):
            yield chunk

    def close(self) -> None:
        if close := getattr(self._lines, "close", None):
            close()


def _take(lines: Iterator[str]) -> bytes:
    taken: list[str] = []
    size = 0
    try:
        for line in lines:
            taken.append(line)
            size += len(line)
            if size >= CHUNK:
                break
    finally:
        # The reader may take its time: a connection from a pool goes back to it meanwhile.
        close_old_connections()
    return "".join(taken).encode()
