"""Bodies of answers, decoded as browsers do it."""

import zlib


def decode_body(body: bytes, encoding: str | None) -> bytes:
    """The part of ``body`` that a person gets: of gzip only the first member.

    Raises `AssertionError` when that member is incomplete.
    """
    if not encoding:
        return body
    assert encoding == "gzip", encoding
    member = zlib.decompressobj(wbits=31)
    text = member.decompress(body)
    assert member.eof, f"the gzip member of {len(body):,} bytes has no end"
    return text
