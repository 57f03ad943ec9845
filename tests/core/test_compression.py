"""Compressed answers, decoded as a browser does: only the first gzip member."""

import secrets
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from playground.core.serving.compression import CompressionMiddleware
from playground.core.serving.streaming import CHUNK, download
from tests.support.decoding import decode_body


def answer(
    response: HttpResponseBase, *, method: str = "GET", accepts: str = "gzip, deflate, br, zstd"
) -> StreamingHttpResponse:
    """``response`` after the site's own compression."""
    request = RequestFactory().generic(method, "/", headers={"Accept-Encoding": accepts})
    passed = CompressionMiddleware(lambda _: response)(request)
    assert isinstance(passed, StreamingHttpResponse)
    return passed


async def parts_of(response: StreamingHttpResponse) -> list[bytes]:
    return [part async for part in response]


async def words() -> AsyncIterator[bytes]:
    for number in range(1000):
        yield f"line {number}\n".encode()


async def test_a_stream_is_one_gzip_member() -> None:
    streamed = answer(StreamingHttpResponse(words()))

    body = b"".join(await parts_of(streamed))

    assert streamed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in streamed["Vary"]
    assert decode_body(body, "gzip").splitlines()[-1] == b"line 999"


def test_a_plain_iterator_is_one_gzip_member_too() -> None:
    streamed = answer(StreamingHttpResponse([b"a\n", b"b\n", b"c\n"]))

    assert decode_body(b"".join(streamed), "gzip") == b"a\nb\nc\n"


async def test_each_part_can_be_read_when_it_arrives() -> None:
    reader = zlib.decompressobj(wbits=31)
    parts = aiter(answer(StreamingHttpResponse(words())))

    read = [reader.decompress(await anext(parts)) for _ in range(3)]

    assert read == [b"line 0\n", b"line 1\n", b"line 2\n"]


async def test_a_client_without_gzip_gets_plain_text() -> None:
    streamed = answer(StreamingHttpResponse(words()), accepts="")

    assert not streamed.has_header("Content-Encoding")
    assert b"".join(await parts_of(streamed)).splitlines()[-1] == b"line 999"


async def test_an_encoded_answer_is_left_unchanged() -> None:
    packed = zlib.compress(b"x", wbits=31)

    async def parts() -> AsyncIterator[bytes]:
        yield packed

    streamed = answer(StreamingHttpResponse(parts(), headers={"Content-Encoding": "gzip"}))

    assert await parts_of(streamed) == [packed]


async def test_after_an_error_the_gzip_member_has_no_end() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"the first line\n"
        raise OSError("the disk is gone")

    taken = b""
    with pytest.raises(OSError, match="the disk is gone"):
        async for part in answer(StreamingHttpResponse(parts())):
            taken += part

    reader = zlib.decompressobj(wbits=31)
    assert reader.decompress(taken) == b"the first line\n"
    assert not reader.eof


async def test_a_head_request_makes_no_line_and_closes_the_stream() -> None:
    happened: list[str] = []

    def lines() -> Iterator[str]:
        try:
            happened.append("made")
            yield "x"
        finally:
            happened.append("closed")

    made = lines()
    head = answer(download(made, name="x", content_type="text/plain"), method="HEAD")

    assert await parts_of(head) == []
    assert head["Content-Encoding"] == "gzip"
    assert happened == []
    head.close()
    assert list(made) == []


@pytest.mark.django_db
async def test_compression_does_not_hold_the_stream_in_memory() -> None:
    held = 0

    def lines() -> Iterator[str]:
        nonlocal held
        for _ in range(1000):
            held += 1
            # Data that cannot be compressed are sent as they come.
            yield secrets.token_hex(500)

    parts = aiter(answer(download(lines(), name="x", content_type="text/plain")))
    first = await anext(parts)
    while len(first) < CHUNK // 4:
        first += await anext(parts)

    assert held < 300
    rest = b"".join([part async for part in parts])
    assert len(decode_body(first + rest, "gzip")) == 1_000_000


async def test_lengths_do_not_reveal_the_content() -> None:
    lengths = set()
    for _ in range(40):
        lengths.add(len(b"".join(await parts_of(answer(StreamingHttpResponse(words()))))))

    assert len(lengths) > 1


def test_the_site_has_one_compression_middleware(settings: Any) -> None:
    compressing = [name for name in settings.MIDDLEWARE if "ompress" in name or "gzip" in name]

    assert compressing == ["playground.core.serving.compression.CompressionMiddleware"]


def test_a_page_is_still_compressed() -> None:
    page = HttpResponse(b"word " * 1000)
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})

    passed = CompressionMiddleware(lambda _: page)(request)

    assert isinstance(passed, HttpResponse)
    assert passed["Content-Encoding"] == "gzip"
    assert decode_body(passed.content, "gzip") == b"word " * 1000
