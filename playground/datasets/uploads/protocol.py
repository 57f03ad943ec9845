"""The headers of tus 1.0 (https://tus.io/protocols/resumable-upload), read and written.

Extensions: creation, expiration, checksum (SHA-256), termination.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from playground.core.errors import InvalidInput, WrongChecksum, WrongContentType
from playground.core.texts import fault_of
from playground.datasets.models import Upload
from playground.datasets.room import max_bytes, too_large

VERSION = "1.0.0"
EXTENSIONS = "creation,expiration,checksum,termination"
CHUNK_TYPE = "application/offset+octet-stream"
# One request carries at most so many bytes of a file.
CHUNK_BYTES = 1 << 20
MAX_METADATA = 4_096
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a new upload says of its file. sha256, fingerprint, model: "" where it does not."""

    size: int
    name: str = ""
    sha256: str = ""
    fingerprint: str = ""
    model: str = ""


def read_announced(request: HttpRequest) -> Announced:
    """What a POST announces. Raises `InvalidInput` or `BodyTooLarge`."""
    if "Upload-Defer-Length" in request.headers:
        raise InvalidInput("The length of the file must be known. Send Upload-Length.")
    size = _whole(request, "Upload-Length")
    if size > max_bytes():
        raise too_large()
    if not size:
        raise InvalidInput("The file is empty. Choose one with examples in it.", field="file")
    metadata = _metadata(request.headers.get("Upload-Metadata", ""))
    sha256 = metadata.get("sha256", "").lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise InvalidInput("The SHA-256 of the file has 64 hexadecimal digits.")
    return Announced(
        size=size,
        name=metadata.get("filename", "")[:200],
        sha256=sha256,
        fingerprint=metadata.get("fingerprint", "")[:200],
        model=metadata.get("model", "")[:80],
    )


def read_offset(request: HttpRequest) -> int:
    """Where a PATCH goes on. Raises `InvalidInput`."""
    return _whole(request, "Upload-Offset")


def read_chunk(request: HttpRequest) -> bytes:
    """The bytes of a PATCH. Raises `WrongContentType` or `WrongChecksum`."""
    if request.headers.get("Content-Type") != CHUNK_TYPE:
        raise WrongContentType(f"A part of a file is sent as {CHUNK_TYPE}.")
    chunk = request.body
    checksum = request.headers.get("Upload-Checksum", "")
    if checksum:
        algorithm, _space, encoded = checksum.partition(" ")
        if algorithm != "sha256":
            raise InvalidInput("Upload-Checksum is sha256 and the sum in base64.")
        if _decode(encoded) != hashlib.sha256(chunk).digest():
            raise WrongChecksum("This part of the file changed on its way. Send it again.")
    return chunk


def describe_server(response: HttpResponse) -> HttpResponse:
    """Adds what an OPTIONS asks for."""
    response["Tus-Version"] = VERSION
    response["Tus-Extension"] = EXTENSIONS
    response["Tus-Checksum-Algorithm"] = "sha256"
    response["Tus-Max-Size"] = str(max_bytes())
    return response


def describe_upload(response: HttpResponse, upload: Upload) -> HttpResponse:
    """Adds how far the upload is, and until when it can be continued."""
    response["Upload-Offset"] = str(upload.offset)
    response["Upload-Length"] = str(upload.size)
    response["Upload-Expires"] = http_date(upload.expires_at.timestamp())
    return response


def _whole(request: HttpRequest, name: str) -> int:
    raw = request.headers.get(name, "")
    if not (raw.isascii() and raw.isdigit() and len(raw) < 16):
        raise InvalidInput(f"{name} must be a whole number of bytes.")
    return int(raw)


def _metadata(header: str) -> dict[str, str]:
    """Pairs of a key and a value in base64; what is no text is refused."""
    if len(header) > MAX_METADATA:
        raise InvalidInput("Upload-Metadata is too long.")
    found = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _space, encoded = pair.partition(" ")
        try:
            value = _decode(encoded).decode()
        except UnicodeDecodeError:
            raise InvalidInput("Upload-Metadata must be UTF-8 text in base64.") from None
        if fault_of(value):
            raise InvalidInput(f"Upload-Metadata has {fault_of(value)} in it.")
        found[key] = value
    return found


def _decode(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("A value in base64 cannot be read.") from None
