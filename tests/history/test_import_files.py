"""Files that are not JSON Lines: the error names their kind and says what to do."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from playground.accounts.models import Person
from playground.core.errors import InvalidInput
from playground.history.exports import comma_separated, markdown
from playground.runs.models import Run
from tests.accounts.people import guest_client
from tests.history.test_import import export, grow, import_rows, line

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def zip_of(file: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("runs.jsonl", file)
    return buffer.getvalue()


def as_list(file: bytes, *, indent: int | None = None) -> bytes:
    return json.dumps([json.loads(one) for one in file.splitlines()], indent=indent).encode()


# By kind: how it is made from an export, and what to do with it.
KINDS: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "utf-16": ("text in UTF-16", lambda file: file.decode().encode("utf-16"), "UTF-8"),
    "utf-16-le": ("text in UTF-16", lambda file: file.decode().encode("utf-16-le"), "UTF-8"),
    "utf-16-be": ("text in UTF-16", lambda file: file.decode().encode("utf-16-be"), "UTF-8"),
    "utf-16-be with its mark": (
        "text in UTF-16",
        lambda file: codecs.BOM_UTF16_BE + file.decode().encode("utf-16-be"),
        "UTF-8",
    ),
    "utf-32": ("text in UTF-32", lambda file: file.decode().encode("utf-32"), "UTF-8"),
    "zip": ("a ZIP archive", zip_of, "Unpack it"),
    "gzip": ("compressed with gzip", gzip.compress, "Unpack it"),
    "bzip2": ("compressed with bzip2", bz2.compress, "Unpack it"),
    "xz": ("compressed with xz", lzma.compress, "Unpack it"),
    "html": ("a web page (HTML)", lambda file: b"\xef\xbb\xbf\n<!doctype html>", "Export"),
    "html without a type": ("a web page (HTML)", lambda file: b"<html><p>x</p>", "Export"),
    "a list": ("one JSON list", as_list, "a line of its own"),
    "a list over lines": (
        "one JSON list",
        lambda file: as_list(file, indent=2),
        "a line of its own",
    ),
    "an object over lines": (
        "JSON that is spread over lines",
        lambda file: json.dumps(line(), indent=2).encode(),
        "on one line",
    ),
    "tabs": ("a table (CSV)", lambda file: b"time\ttemplate\tmodel\n1\t2\t3\n", "JSON Lines"),
    "semicolons": ("a table (CSV)", lambda file: b"time;template;model\r\n", "JSON Lines"),
    "pdf": ("a PDF document", lambda file: b"%PDF-1.7\n", "JSON Lines"),
    "a database": ("an SQLite database", lambda file: b"SQLite format 3\0", "JSON Lines"),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_wrong_file_is_named_with_what_to_do(person: Person, kind: str) -> None:
    grow(person)
    what, make, way = KINDS[kind]

    with pytest.raises(InvalidInput) as refused:
        import_rows(Person.objects.create(), make(export(person)))

    assert f"This file is {what}" in refused.value.message
    assert way in refused.value.message
    assert Run.objects.count() == 1


@pytest.mark.parametrize(("make", "what"), [(comma_separated, "CSV"), (markdown, "Markdown")])
def test_our_own_other_exports_are_named(person: Person, make: object, what: str) -> None:
    grow(person)
    file = "".join(make(Run.objects.all())).encode()  # type: ignore[operator]

    with pytest.raises(InvalidInput, match=f"{what}.*Export the runs again as JSON Lines"):
        import_rows(person, file)


def test_a_file_that_was_cut_is_named(person: Person) -> None:
    grow(person)
    grow(person, minute=1)
    file = export(person)

    with pytest.raises(InvalidInput, match="Line 2: the file ends in the middle of it: it was cut"):
        import_rows(Person.objects.create(), file[:-100])


def test_utf_8_with_a_byte_order_mark_is_accepted(person: Person) -> None:
    assert import_rows(person, codecs.BOM_UTF8, line()).runs == 1


def test_a_list_on_a_line_is_no_list_of_runs(person: Person) -> None:
    with pytest.raises(InvalidInput, match=r"Line 1: it is no object"):
        import_rows(person, b"[1]\n", line())


def test_the_page_shows_the_message(person: Person) -> None:
    upload = SimpleUploadedFile("runs.zip", zip_of(b"x"))

    answer = guest_client(person).post("/history/import/", {"file": upload})

    assert answer.status_code == 400
    assert "This file is a ZIP archive" in answer.content.decode()


def test_the_page_counts_existing_and_repeated_runs(person: Person) -> None:
    one, two = line(), line()
    import_rows(person, one)
    file = "".join(json.dumps(each) + "\n" for each in (one, two, two, two)).encode()

    upload = SimpleUploadedFile("runs.jsonl", file)
    answer = guest_client(person).post("/history/import/", {"file": upload}, follow=True)

    assert (
        "1 run imported. 1 of the file was here already. 2 lines repeat a run of the file, "
        "which was taken once."
    ) in answer.content.decode()
