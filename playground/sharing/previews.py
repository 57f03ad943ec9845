"""The picture that other sites show for a link: title, end of the prompt, output.

It is drawn in the page's colours with the page's fonts, which the front end's build put among the
static files. Before the first build Pillow's own font is used.
"""

import hashlib
import io
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.cache import caches
from PIL import Image, ImageDraw, ImageFont

from playground.core.serving.static_files import built_files
from playground.prompts.segments import segments
from playground.prompts.state import template_named
from playground.sharing.shares import Shown

WIDTH, HEIGHT = 1200, 630
# Changes when the drawing does, so that no picture of before is taken from the cache.
DRAWING = 1
_EDGE = 72
_INNER = 40
_PROMPT_LINES = 5
_OUTPUT_LINES = 3

# The light scheme of static/css/base/tokens.css.
_PAPER, _CARD, _LINE = "#f8f6f1", "#fffefb", "#e5e0d5"
_INK, _MUTED, _FAINT = "#1d1b18", "#5f5a52", "#6b645b"
_ACCENT, _TINT = "#1f5f4f", "#e2efe9"

# Each typeface with its files: Latin, and the rest.
_FILES = {
    "serif": ("newsreader-latin-500-normal.woff2", "newsreader-latin-ext-500-normal.woff2"),
    "sans": ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2"),
    "mono": ("ibm-plex-mono-latin-400-normal.woff2", "ibm-plex-mono-latin-ext-400-normal.woff2"),
}
# Letters of the first file that are elsewhere than the first block of Unicode.
_BEYOND = "Œœıˆ€™↑↓"
_UNKNOWN = "\N{MIDDLE DOT}"

# A few threads for all pictures: at most as many are drawn at a time.
_DRAWING = tuple(threading.Lock() for _ in range(4))

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, kw_only=True)
class Preview:
    """The content of the picture.

    labels: words that begin a line of the prompt and are drawn faint.
    """

    title: str
    byline: str
    prompt: str
    output: str
    labels: tuple[str, ...]

    @property
    def digest(self) -> str:
        drawn = (DRAWING, self.title, self.byline, self.prompt, self.output, self.labels)
        return hashlib.sha256(repr(drawn).encode()).hexdigest()


def preview_of(shown: Shown) -> Preview:
    """The preview of a shown prompt. Only its first run is used."""
    template = template_named(shown.prompt.template)
    return Preview(
        title=shown.title,
        byline=f"{template.name} · by {shown.author}",
        # The question is at its end.
        prompt=shown.version.text[-2_000:],
        output=shown.runs[0].text.lstrip()[:600] if shown.runs else "",
        labels=template.labels,
    )


def preview_png(preview: Preview) -> bytes:
    """The picture, 1200 by 630. It is drawn once until something on it changes; requests in the
    meantime wait for the same drawing."""
    cache, key = caches["previews"], f"preview:{preview.digest}"
    png: bytes | None = cache.get(key)
    if png is not None:
        return png
    with _DRAWING[int(preview.digest[:8], 16) % len(_DRAWING)]:
        png = cache.get(key)
        if png is None:
            png = _draw(preview)
            cache.set(key, png)
    return png


def _draw(preview: Preview) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    _draw_brand(draw)
    y = 128
    for line in _wrap(preview.title, "serif", 58, WIDTH - 2 * _EDGE, most=2):
        _write(draw, (_EDGE, y), line, "serif", 58, _INK)
        y += 68
    _write(draw, (_EDGE, y + 12), _short(preview.byline, 90), "sans", 25, _MUTED)
    _draw_card(draw, preview, top=y + 72)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _draw_brand(draw: ImageDraw.ImageDraw) -> None:
    draw.rounded_rectangle((_EDGE, 60, _EDGE + 16, 86), radius=4, fill=_ACCENT)
    _write(draw, (_EDGE + 30, 55), "GPT-J Playground", "serif", 30, _INK)


def _draw_card(draw: ImageDraw.ImageDraw, preview: Preview, *, top: int) -> None:
    """A sheet that runs off the picture's lower edge: there is more of it on the page."""
    box = (_EDGE, top, WIDTH - _EDGE, HEIGHT + 40)
    draw.rounded_rectangle(box, radius=22, fill=_CARD, outline=_LINE, width=2)
    left, width, size, step = _EDGE + _INNER, WIDTH - 2 * (_EDGE + _INNER), 25, 40
    output = _wrap(preview.output, "mono", size, width - 32, most=_OUTPUT_LINES)
    room = (HEIGHT - top - 36) // step - (len(output) + 1 if output else 0)
    prompt = _last_lines(preview.prompt, size, width, most=max(1, min(_PROMPT_LINES, room)))
    y = top + 30
    for line in prompt:
        x = float(left)
        for kind, text in segments(line, preview.labels):
            fill = {"label": _FAINT, "variable": _ACCENT}.get(kind, _INK)
            x += _write(draw, (x, y), text, "mono", size, fill)
        y += step
    if not output:
        return
    y += 16
    bottom = y + len(output) * step + 4
    draw.rounded_rectangle((left - 16, y - 8, left + width + 16, bottom), radius=12, fill=_TINT)
    for line in output:
        _write(draw, (left, y), line, "mono", size, _INK)
        y += step


def _last_lines(text: str, size: int, width: int, *, most: int) -> list[str]:
    """The end of ``text``, without its empty lines."""
    lines: list[str] = []
    for line in [line for line in text.split("\n") if line.strip()][-most:]:
        lines += _wrap(line[-600:], "mono", size, width, most=20)
    return lines[-most:]


def _wrap(text: str, face: str, size: int, width: int, *, most: int) -> list[str]:
    """``text`` in at most ``most`` lines that are at most ``width`` wide, "…" where it is cut."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if _width(longer, face, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        line = _cut(word, face, size, width)
        if len(lines) == most:
            break
    else:
        lines += [line] if line else []
        if len(lines) <= most:
            return lines
    kept = lines[:most]
    kept[-1] = _cut(f"{kept[-1]} …", face, size, width)
    return kept


def _cut(text: str, face: str, size: int, width: int) -> str:
    """As much of ``text`` as is at most ``width`` wide."""
    if _width(text, face, size) <= width:
        return text
    text = text.removesuffix(" …")
    while text and _width(f"{text}…", face, size) > width:
        text = text[: min(len(text) - 1, 200)]
    return f"{text.rstrip()}…"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def _width(text: str, face: str, size: int) -> float:
    return sum(_font(face, size, part).getlength(run) for part, run in _runs(text))


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    face: str,
    size: int,
    fill: str,
) -> float:
    """Writes one line; returns how wide it is."""
    x, y = at
    # On one baseline, whichever file a letter comes from.
    base = y + size
    for part, run in _runs(text):
        font = _font(face, size, part)
        draw.text((x, base), run, font=font, fill=fill, anchor=_anchor(font))
        x += font.getlength(run)
    return x - at[0]


def _anchor(font: Font) -> str | None:
    return "ls" if isinstance(font, ImageFont.FreeTypeFont) else None


def _runs(text: str) -> list[tuple[int, str]]:
    """``text`` in parts, each with the number of the file that has its letters."""
    runs: list[tuple[int, str]] = []
    for letter in text.replace("\t", "    "):
        part, drawn = _part_of(letter)
        if runs and runs[-1][0] == part:
            runs[-1] = (part, runs[-1][1] + drawn)
        else:
            runs.append((part, drawn))
    return runs


def _part_of(letter: str) -> tuple[int, str]:
    """The file of a letter, as static/css/base/fonts.css has them; one that none has is marked."""
    code = ord(letter)
    if code < 0x20:
        return 0, " "
    if code < 0x100 or 0x2000 <= code <= 0x206F or letter in _BEYOND:
        return 0, letter
    if 0x100 <= code <= 0x2BA or 0x1E00 <= code <= 0x1EFF or 0x20A0 <= code <= 0x20C0:
        return 1, letter
    return 0, _UNKNOWN


@lru_cache(maxsize=64)
def _font(face: str, size: int, part: int) -> Font:
    name = _FILES[face][part]
    built = built_files().get(name)
    if built is None:
        return ImageFont.load_default(size)
    font = ImageFont.truetype(Path(settings.STATICFILES_DIRS[0]) / built, size)
    if face == "sans":
        font.set_variation_by_axes([450])
    return font
