"""Answers in gzip: a page as Django does it, a streamed answer by one compressor from end to end.

Django makes each part of an asynchronous stream a gzip member of its own. A file may hold many
members, but browsers, curl and most libraries stop after the first. See docs/decisions/0037.
"""

import io
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from gzip import GzipFile
from typing import cast

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.middleware.gzip import GZipMiddleware, re_accepts_gzip
from django.utils.cache import patch_vary_headers

# Half the size, for a third of the time that making the lines takes. Higher levels save little
# more and take longer than all the rest.
STREAM_LEVEL = 1


class CompressionMiddleware(GZipMiddleware):
    """`GZipMiddleware`, whose streamed answers every reader can read to their end."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compresses ``response`` if the visitor's browser takes it so."""
        if not (isinstance(response, StreamingHttpResponse) and response.is_async):
            return cast(HttpResponse, super().process_response(request, response))
        is_compressed = _compress_headers(request, response)
        if request.method == "HEAD":
            # The parts are not made at all. Their source is closed with the answer.
            response.streaming_content = _no_parts()
        elif is_compressed:
            parts = cast(AsyncIterable[bytes], response.streaming_content)
            response.streaming_content = compress_parts(parts)
        return response


async def compress_parts(parts: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """``parts`` as one gzip member. Each is sent at once, so that its reader need not wait.

    After an error among the parts the member has no end, so the rest cannot pass for the whole.
    """
    buffer = io.BytesIO()
    # A name of random length hides how well the content compresses (the BREACH attack).
    name = "a" * secrets.randbelow(GZipMiddleware.max_random_bytes + 1)
    file = GzipFile(name, "wb", STREAM_LEVEL, buffer, mtime=0)
    # In the request's own thread: a long part would hold up everybody else.
    press = sync_to_async(_press, thread_sensitive=True)
    async for part in parts:
        yield await press(file, buffer, part)
    file.close()
    yield buffer.getvalue()


def _press(file: GzipFile, buffer: io.BytesIO, part: bytes) -> bytes:
    file.write(part)
    file.flush()
    pressed = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return pressed


async def _no_parts() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for part in nothing:
        yield part


def _compress_headers(request: HttpRequest, response: StreamingHttpResponse) -> bool:
    """Whether the stream is to be compressed, as its headers then say."""
    if response.has_header("Content-Encoding"):
        return False
    patch_vary_headers(response, ("Accept-Encoding",))
    if not re_accepts_gzip.search(request.headers.get("Accept-Encoding", "")):
        return False
    etag = response.get("ETag", "")
    if etag.startswith('"'):
        response["ETag"] = f"W/{etag}"
    del response["Content-Length"]
    response["Content-Encoding"] = "gzip"
    return True
