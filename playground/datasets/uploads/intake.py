"""A file that comes whole: from a plain form, from a text box, from the examples."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from playground.accounts.models import Person
from playground.core.errors import InvalidInput, NotFound
from playground.datasets import files
from playground.datasets.models import Dataset
from playground.datasets.room import check_room, max_bytes, too_large
from playground.datasets.services import dataset_create


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A dataset that comes with the playground."""

    slug: str
    title: str
    text: str

    @property
    def path(self) -> Path:
        folder: Path = settings.BASE_DIR / "examples" / "datasets"
        return folder / f"{self.slug}.txt"


EXAMPLES = {
    example.slug: example
    for example in (
        Example(
            slug="support-topics",
            title="Support topics",
            text="Customer messages, each with one of eight topics.",
        ),
        Example(
            slug="review-sentiment",
            title="Review sentiment",
            text="Product reviews: positive, negative or mixed.",
        ),
        Example(
            slug="blog-ideas",
            title="Blog ideas",
            text="Three ideas for a blog, from a company and its product.",
        ),
    )
}


def dataset_take(*, person: Person, name: str, model: str, blocks: Iterable[bytes]) -> Dataset:
    """A dataset of a file that comes in ``blocks``. Raises before anything is kept of it."""
    check_room(person, size=0)
    part = files.new_part()
    sum_of_all, size = hashlib.sha256(), 0
    with files.new_file(part) as file:
        for block in blocks:
            size += len(block)
            if size > max_bytes():
                raise too_large()
            sum_of_all.update(block)
            file.write(block)
        if not size:
            raise InvalidInput("The file is empty. Choose one with examples in it.", field="file")
    try:
        check_room(person, size=size)
        return dataset_create(
            person=person,
            name=name,
            model=model,
            part=part,
            sha256=sum_of_all.hexdigest(),
            size=size,
        )
    finally:
        part.unlink(missing_ok=True)


def dataset_from_file(
    *,
    person: Person,
    file: UploadedFile,  # type: ignore[type-arg]
    model: str,
) -> Dataset:
    """A dataset of a form's file."""
    blocks = file.chunks(files.BLOCK)
    return dataset_take(person=person, name=file.name or "", model=model, blocks=blocks)


def dataset_from_text(*, person: Person, text: str, name: str, model: str) -> Dataset:
    """A dataset of a text that was pasted."""
    if not text.strip():
        raise InvalidInput("Paste some examples first.", field="text")
    # A form sends each line break as two characters.
    content = text.replace("\r\n", "\n").encode(errors="replace")
    return dataset_take(
        person=person, name=name.strip() or "Pasted text", model=model, blocks=[content]
    )


def dataset_from_example(*, person: Person, slug: str, model: str) -> Dataset:
    """A copy of one of the examples, as the person's own. Raises `NotFound`."""
    example = EXAMPLES.get(slug)
    if example is None or not example.path.is_file():
        raise NotFound("There is no such example here.")
    return dataset_take(
        person=person, name=example.title, model=model, blocks=_blocks_of(example.path)
    )


def _blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(files.BLOCK):
            yield block
