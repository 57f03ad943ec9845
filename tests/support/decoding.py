"""Bodies of answers, decoded as browsers do it."""

import zlib


def decoded(body: bytes, encoding: str | None) -> bytes:
    """What a person gets of ``body``: of gzip the first member, and nothing of what follows it.

    Raises `AssertionError` when that member is cut.
    """
    if not encoding:
        return body
    assert encoding == "gzip", encoding
    member = zlib.decompressobj(wbits=31)
    text = member.decompress(body)
    assert member.eof, f"the gzip member of {len(body):,} bytes has no end"
    return text
