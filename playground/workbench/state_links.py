"""The state of a template page in a link: fields, variables, parameters and model, nothing stored.

A link carries the page's form as it would be posted, compressed. The code that reads posted forms
reads it, with the same limits, and reading changes nothing.
"""

import base64
import binascii
import zlib

from django.core.exceptions import SuspiciousOperation
from django.http import QueryDict
from django.urls import reverse

from playground.core.errors import InvalidInput
from playground.prompts.catalog import Template
from playground.prompts.fields import AnyField
from playground.prompts.form import PromptForm, posted_form
from playground.runs.parameters import PARAMETER_SPECS

PARAMETER = "state"
# Addresses that are longer than this are cut by some proxies and mail programs.
MAX_LINK = 6_000
# The largest size of an unpacked link: that of a posted form.
MAX_FORM_BYTES = 256 * 1024
_SETTINGS = {
    *("model", "stop", "seed", "logprobs", "token_bias", "variables"),
    *(spec.name for spec in PARAMETER_SPECS),
}
_DOCUMENT = {"prompt", "inject_start", "inject_restart", "made"}
_PARTS = ("name", "given_name", "wanted_name", "speaker_name", "text_name", "reply_name")


def state_link(template: Template, data: QueryDict) -> str:
    """The address that opens with the posted form. Raises `InvalidInput`."""
    # Refuses a state that it could not read again.
    posted_form(template, data)
    kept = QueryDict(mutable=True)
    for name in sorted(data):
        if _is_kept(template, name, data):
            kept.setlist(name, data.getlist(name))
    packed = _pack(kept.urlencode().encode("ascii"))
    if len(packed) > MAX_LINK:
        raise InvalidInput(
            "This is too long for a link that holds everything itself. "
            "Save the prompt and share that, or shorten it."
        )
    return f"{reverse('workbench:template', args=[template])}?{PARAMETER}={packed}"


def form_of_link(template: Template, packed: str) -> PromptForm:
    """The form that a link carries. Raises `InvalidInput` for a link that was cut or made up."""
    try:
        data = QueryDict(_unpack(packed))
        return posted_form(template, data)
    except (InvalidInput, SuspiciousOperation, ValueError) as error:
        raise InvalidInput(
            "This link is damaged: it may have been cut when it was copied. Ask for it again."
        ) from error


def _is_kept(template: Template, name: str, data: QueryDict) -> bool:
    """Whether an input is part of the state, and not about the page's draft, run or person."""
    if name in _SETTINGS or name.startswith("var."):
        return True
    if template.is_free:
        return name in _DOCUMENT
    if name in ("detached", "prompt"):
        # A prompt that the fields build is built again.
        return bool(data.get("detached"))
    return any(name in _names(field) for field in template.fields)


def _names(field: AnyField) -> set[str]:
    return {getattr(field, part) for part in _PARTS if hasattr(field, part)}


def _pack(body: bytes) -> str:
    packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    packed = packer.compress(body) + packer.flush()
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode("ascii")


def _unpack(packed: str) -> bytes:
    """The bytes that were packed; never more than `MAX_FORM_BYTES`. Raises `ValueError`."""
    if len(packed) > MAX_LINK or not packed.isascii():
        raise ValueError("too long")
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS)
        body = unpacker.decompress(raw, MAX_FORM_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("damaged") from error
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("damaged or too large")
    return body
