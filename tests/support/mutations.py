"""Invalid files and JSON values for hypothesis: structure-aware, and byte by byte."""

import copy
import json
from typing import Any

from hypothesis import strategies as st


def _deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


ODD_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**12, 10**400, -(10**400)),
    *(0.5, 1e308, float("inf"), float("nan")),
    *("", "x", "\0", "\ud800", "../x", "/etc/passwd", "x" * 5_000, "model.safetensors"),
    *([], [0], [1, 2, 3], [-5, 5], {}, {"a": 1}, {"content": "x"}, _deep(40)),
)


@st.composite
def mutations_of(draw: st.DrawFn, value: Any, *, most: int = 3) -> Any:
    """``value`` with up to ``most`` of its parts replaced, removed, doubled or renamed."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, most))):
        changed = _mutate_one(draw, changed)
    return changed


def _mutate_one(draw: st.DrawFn, value: Any) -> Any:
    holder, key = None, None
    inner = value
    while isinstance(inner, dict | list) and inner:
        # The entries of a large table are all similar, so some of them are enough.
        keys = list(inner)[:40] if isinstance(inner, dict) else list(range(min(len(inner), 40)))
        if holder is not None and draw(st.integers(0, 3)) == 0:
            break
        holder, key = inner, draw(st.sampled_from(keys))
        inner = holder[key]
    # A copy, found by its place: a later change may be inside it.
    odd = copy.deepcopy(ODD_VALUES[draw(st.integers(0, len(ODD_VALUES) - 1))])
    if holder is None:
        return odd
    match draw(st.sampled_from(("replace", "remove", "rename", "double"))):
        case "replace":
            holder[key] = odd
        case "remove":
            del holder[key]
        case "rename" if isinstance(holder, dict):
            holder[str(odd)[:600]] = holder.pop(key)
        case _ if isinstance(holder, list):
            holder.append(holder[key])
        case _:
            holder[f"{key} again"] = holder[key]
    return value


@st.composite
def damages_of(draw: st.DrawFn, data: bytes) -> bytes:
    """``data`` with bytes changed, cut short, or made longer."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 4))):
        if changed:
            # Most of the important bytes are at the beginning and at the end.
            at = draw(
                st.one_of(
                    st.integers(0, min(400, len(changed)) - 1),
                    st.integers(max(0, len(changed) - 400), len(changed) - 1),
                    st.integers(0, len(changed) - 1),
                )
            )
            changed[at] = draw(st.integers(0, 255))
    match draw(st.sampled_from(("whole", "cut", "longer"))):
        case "cut":
            del changed[draw(st.integers(0, len(changed))) :]
        case "longer":
            changed += draw(st.binary(max_size=50))
    return bytes(changed)


def dump_json(value: Any) -> bytes:
    """JSON that may contain extensions of Python's dialect."""
    return json.dumps(value).encode("utf-8", "surrogatepass")
