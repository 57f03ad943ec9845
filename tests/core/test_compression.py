"""Compressed answers, read as a browser reads them: the first gzip member, and no other."""

import secrets
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.test import RequestFactory

from playground.core.serving.compression import CompressionMiddleware
from playground.core.serving.streaming import CHUNK, download
from tests.support.decoding import decoded


def answer(
    response: HttpResponseBase, *, method: str = "GET", accepts: str = "gzip, deflate, br, zstd"
) -> StreamingHttpResponse:
    """``response`` as the site's own compression lets it pass."""
    request = RequestFactory().generic(method, "/", headers={"Accept-Encoding": accepts})
    passed = CompressionMiddleware(lambda _: response)(request)
    assert isinstance(passed, StreamingHttpResponse)
    return passed


async def parts_of(response: StreamingHttpResponse) -> list[bytes]:
    return [part async for part in response]


async def words() -> AsyncIterator[bytes]:
    for number in range(1000):
        yield f"line {number}\n".encode()


async def test_every_part_of_any_stream_reaches_a_reader_of_one_member() -> None:
    streamed = answer(StreamingHttpResponse(words()))

    body = b"".join(await parts_of(streamed))

    assert streamed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in streamed["Vary"]
    assert decoded(body, "gzip").splitlines()[-1] == b"line 999"


def test_a_stream_of_a_plain_iterator_is_one_member_too() -> None:
    streamed = answer(StreamingHttpResponse([b"a\n", b"b\n", b"c\n"]))

    assert decoded(b"".join(streamed), "gzip") == b"a\nb\nc\n"


async def test_each_part_can_be_read_when_it_comes() -> None:
    reader = zlib.decompressobj(wbits=31)
    parts = aiter(answer(StreamingHttpResponse(words())))

    read = [reader.decompress(await anext(parts)) for _ in range(3)]

    assert read == [b"line 0\n", b"line 1\n", b"line 2\n"]


async def test_what_takes_no_gzip_gets_none() -> None:
    streamed = answer(StreamingHttpResponse(words()), accepts="")

    assert not streamed.has_header("Content-Encoding")
    assert b"".join(await parts_of(streamed)).splitlines()[-1] == b"line 999"


async def test_what_is_encoded_already_is_left_alone() -> None:
    packed = zlib.compress(b"x", wbits=31)

    async def parts() -> AsyncIterator[bytes]:
        yield packed

    streamed = answer(StreamingHttpResponse(parts(), headers={"Content-Encoding": "gzip"}))

    assert await parts_of(streamed) == [packed]


async def test_after_an_error_the_member_has_no_end() -> None:
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


async def test_of_a_head_nothing_is_made_and_all_is_closed() -> None:
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
async def test_what_is_compressed_on_the_way_is_not_held() -> None:
    held = 0

    def lines() -> Iterator[str]:
        nonlocal held
        for _ in range(1000):
            held += 1
            # What cannot be made smaller is sent on as it comes.
            yield secrets.token_hex(500)

    parts = aiter(answer(download(lines(), name="x", content_type="text/plain")))
    first = await anext(parts)
    while len(first) < CHUNK // 4:
        first += await anext(parts)

    assert held < 300
    rest = b"".join([part async for part in parts])
    assert len(decoded(first + rest, "gzip")) == 1_000_000


async def test_lengths_tell_nothing_of_the_content() -> None:
    lengths = set()
    for _ in range(40):
        lengths.add(len(b"".join(await parts_of(answer(StreamingHttpResponse(words()))))))

    assert len(lengths) > 1


def test_the_site_compresses_with_it_and_nothing_else(settings: Any) -> None:
    compressing = [name for name in settings.MIDDLEWARE if "ompress" in name or "gzip" in name]

    assert compressing == ["playground.core.serving.compression.CompressionMiddleware"]


def test_a_page_is_still_compressed() -> None:
    page = HttpResponse(b"word " * 1000)
    request = RequestFactory().get("/", headers={"Accept-Encoding": "gzip"})

    passed = CompressionMiddleware(lambda _: page)(request)

    assert isinstance(passed, HttpResponse)
    assert passed["Content-Encoding"] == "gzip"
    assert decoded(passed.content, "gzip") == b"word " * 1000
