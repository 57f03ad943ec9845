"""The pages of datasets: what they show, what is done from them, what others see."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import AsyncClient, Client

from playground.accounts.exporting import export_lines
from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.accounts.quotas import quota_lines
from playground.datasets import files
from playground.datasets.files import remove_orphans
from playground.datasets.models import Dataset, DatasetVersion, Upload
from playground.datasets.services import (
    dataset_delete,
    dataset_rename,
    dataset_share,
    dataset_unshare,
    is_file_named,
    version_check_again,
    version_fix,
    version_use,
)
from tests.accounts.people import guest_client
from tests.datasets.made import FAULTY, ROWS, check, make_dataset
from tests.library.saved import HTMX

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

ATTACK = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"
RAW = ("<script>alert", "<img src=x")


@pytest.fixture
def client_(person: Person) -> Client:
    return guest_client(person)


def page(client: Client, path: str, **options: Any) -> str:
    answer = client.get(path, **options)
    assert answer.status_code == 200
    return str(answer.content.decode())


def path_of(dataset: Dataset) -> str:
    return f"/datasets/{dataset.pk}/"


def head(dataset: Dataset) -> DatasetVersion:
    dataset.refresh_from_db()
    assert dataset.head is not None
    return dataset.head


def download(path: str, person: Person | None = None) -> tuple[HttpResponse, bytes]:
    """The answer and all of its body, as the site's own handler sends it."""

    @async_to_sync
    async def ask() -> tuple[Any, bytes]:
        client = AsyncClient()
        if person is not None:
            client.cookies[COOKIE] = cookie_value(person.pk)
        answer: Any = await client.get(path)
        return answer, b"".join([part async for part in answer.streaming_content])

    return ask()


# --- Adding -----------------------------------------------------------------------------------


def test_a_file_of_a_plain_form_becomes_a_dataset(client_: Client) -> None:
    file = SimpleUploadedFile("C:\\work\\../odd name.jsonl", FAULTY.encode())

    answer = client_.post("/datasets/file/", {"file": file, "model": "other"})

    dataset = Dataset.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, path_of(dataset))
    assert (dataset.name, dataset.model) == ("odd name", "other")
    assert head(dataset).path.read_text() == FAULTY


def test_pasted_text_becomes_a_dataset(client_: Client) -> None:
    answer = client_.post("/datasets/paste/", {"text": "a<|endoftext|>\r\nb", "name": "Mine"})

    assert answer.status_code == 303
    assert head(Dataset.objects.get(name="Mine")).path.read_bytes() == b"a<|endoftext|>\nb"


@pytest.mark.parametrize("slug", ["support-topics", "review-sentiment", "blog-ideas"])
def test_each_example_is_one_press_away_and_ready(client_: Client, slug: str) -> None:
    assert f"/datasets/examples/{slug}/" in page(client_, "/datasets/")

    client_.post(f"/datasets/examples/{slug}/")

    assert check(head(Dataset.objects.get())).state == "checked"


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/datasets/file/", {}),
        ("/datasets/file/", {"file": ("a.txt", b"")}),
        ("/datasets/paste/", {"text": "  "}),
        ("/datasets/paste/", {"text": "a\0b"}),
        ("/datasets/paste/", {"text": "a", "model": "nobody"}),
        ("/datasets/examples/secret/", {}),
    ],
)
def test_what_is_nothing_is_refused_and_leaves_nothing(
    client_: Client, path: str, form: dict[str, Any]
) -> None:
    form = {
        key: SimpleUploadedFile(*value) if isinstance(value, tuple) else value
        for key, value in form.items()
    }

    assert client_.post(path, form).status_code in (400, 404)

    assert not Dataset.objects.exists()
    assert list(files.incoming().iterdir()) == []


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(
    client_: Client, settings: LazySettings
) -> None:
    settings.DATASET_MAX_MB = 1
    file = SimpleUploadedFile("a.txt", b"a" * 1_000_001)

    answer = client_.post("/datasets/file/", {"file": file})

    assert answer.status_code == 413
    assert list(files.incoming().iterdir()) == []


@pytest.mark.parametrize(
    ("limit", "value"), [("LIMIT_PERSON_DATASETS", 1), ("DATASETS_TOTAL_MIB", 0)]
)
def test_quotas_hold_for_every_way_in(
    client_: Client, person: Person, settings: LazySettings, limit: str, value: int
) -> None:
    make_dataset(person, checked=False)
    setattr(settings, limit, value)
    file = SimpleUploadedFile("a.txt", b"a")
    ways: list[tuple[str, dict[str, Any], dict[str, str]]] = [
        ("/datasets/file/", {"file": file}, {}),
        ("/datasets/paste/", {"text": "a"}, {}),
        ("/datasets/examples/blog-ideas/", {}, {}),
        ("/datasets/uploads/", {}, {"Upload-Length": "5"}),
    ]

    for path, form, headers in ways:
        assert client_.post(path, form, headers=headers).status_code == 409

    assert Dataset.objects.count() == 1
    assert not Upload.objects.exists()


def test_what_is_announced_counts_as_kept(client_: Client, person: Person) -> None:
    client_.post("/datasets/uploads/", headers={"Upload-Length": str(5 << 20)})

    kept = {one.name: one.amount for one in quota_lines(person)}

    assert (kept["datasets"], kept["MiB"]) == (1, 5)


# --- Pages ------------------------------------------------------------------------------------


def test_the_list_shows_ones_own(client_: Client, person: Person, stranger: Person) -> None:
    make_dataset(person, name="Mine")
    make_dataset(stranger, name="Theirs")
    Upload.objects.create(person=person, name="half.csv", model="tiny", size=10, offset=4)

    html = page(client_, "/datasets/")

    assert "Mine" in html
    assert "Theirs" not in html
    assert "half.csv" in html
    assert "No datasets yet" in page(Client(), "/datasets/")


def test_a_page_shows_findings_before_all_else(client_: Client, person: Person) -> None:
    dataset = make_dataset(person)

    html = page(client_, path_of(dataset))

    (error,) = [one for one in head(dataset).findings if one["severity"] == "error"]
    assert error["sentence"] in html
    assert html.index("Findings") < html.index("Examples")
    assert "line 4" in html
    assert f"{path_of(dataset)}v/1/fix/leave_out_rows/" in html


def test_while_it_is_checked_the_page_says_so_and_looks_again(
    client_: Client, person: Person
) -> None:
    dataset = make_dataset(person, checked=False)
    state = f"{path_of(dataset)}v/1/state/"

    html = page(client_, path_of(dataset))
    assert "Checking the file" in html
    assert '<meta http-equiv="refresh"' in html
    assert "No worker checks datasets" in page(client_, state, headers=HTMX)
    check(head(dataset))

    answer = client_.get(state, headers=HTMX)

    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


def test_examples_are_paged_drawn_and_found(client_: Client, person: Person) -> None:
    dataset = make_dataset(person, content=ROWS)
    address = f"{path_of(dataset)}v/1/"

    first = client_.get(address).context["examples"]
    second = client_.get(address, {"at": first.after}).context["examples"]
    drawn = client_.get(address, {"show": "random", "seed": 5}).context["examples"]
    same = client_.get(address, {"show": "random", "seed": 5}).context["examples"]
    found = client_.get(address, {"q": "SECRET 77?"}).context["examples"]

    assert [one.row for one in first.rows] == list(range(1, 11))
    assert [one.row for one in second.rows] == list(range(11, 21))
    assert len({one.row for one in drawn.rows}) == 10
    assert drawn == same
    assert [one.row for one in found.rows] == [78]
    assert found.rows[0].prompt_tokens > 0
    assert client_.get(address, {"q": '"prompt"'}).context["examples"].rows == []


@pytest.mark.parametrize("at", ["1", "57", "99999999", "-1", "x", "9" * 40])
def test_any_place_in_the_file_is_answered(client_: Client, person: Person, at: str) -> None:
    dataset = make_dataset(person, content=ROWS)

    for query in ("", "secret"):
        assert client_.get(path_of(dataset), {"at": at, "q": query}).status_code == 200


def test_a_version_that_there_is_not_is_not_found(client_: Client, person: Person) -> None:
    dataset = make_dataset(person)

    for number in ("0", "2", "9" * 40):
        assert client_.get(f"{path_of(dataset)}v/{number}/").status_code == 404


def test_for_htmx_the_examples_alone_are_sent(client_: Client, person: Person) -> None:
    dataset = make_dataset(person, content=ROWS)

    html = page(client_, path_of(dataset), headers={**HTMX, "HX-Target": "examples"})

    assert html.strip().startswith("<section")
    assert "Findings" not in html


def test_the_changes_of_a_fix_are_shown_first_and_kept_by_a_press(
    client_: Client, person: Person
) -> None:
    dataset = make_dataset(person)
    fix = f"{path_of(dataset)}v/1/fix/leave_out_rows/"

    shown = page(client_, fix)
    assert "1 row left out" in shown
    assert DatasetVersion.objects.count() == 1

    made = client_.post(fix)
    again = client_.post(fix)
    assert made["Location"] == again["Location"] == f"{path_of(dataset)}v/2/"
    check(head(dataset))
    html = page(client_, path_of(dataset))
    assert "Before and after" in html
    assert "Undo" in html

    client_.post(f"{path_of(dataset)}v/1/use/")
    assert head(dataset).number == 1
    assert DatasetVersion.objects.count() == 2


def test_a_fix_that_nothing_asks_for_is_refused(client_: Client, person: Person) -> None:
    dataset = make_dataset(person)

    for fix in ("remove_nul", "no-such-fix"):
        assert client_.get(f"{path_of(dataset)}v/1/fix/{fix}/").status_code == 400
        assert client_.post(f"{path_of(dataset)}v/1/fix/{fix}/").status_code == 400


def test_it_is_renamed_and_a_name_is_needed(client_: Client, person: Person) -> None:
    dataset = make_dataset(person)

    client_.post(f"{path_of(dataset)}rename/", {"name": "  A\nbetter  name "})
    empty = client_.post(f"{path_of(dataset)}rename/", {"name": " "})
    long = client_.post(f"{path_of(dataset)}rename/", {"name": "x" * 121})

    dataset.refresh_from_db()
    assert dataset.name == "A better name"
    assert (empty.status_code, long.status_code) == (400, 400)


@pytest.mark.parametrize(
    "act",
    [
        lambda dataset: dataset_rename(dataset=dataset, name="Other"),
        lambda dataset: dataset_share(dataset=dataset),
        lambda dataset: dataset_unshare(dataset=dataset),
        lambda dataset: version_use(version=dataset.head),
        lambda dataset: version_check_again(version=dataset.head),
        lambda dataset: dataset_delete(dataset=dataset),
    ],
    ids=["rename", "share", "unshare", "use", "check again", "delete"],
)
def test_what_another_tab_deletes_at_the_same_moment_breaks_nothing(
    person: Person, act: Callable[[Dataset], object]
) -> None:
    dataset = make_dataset(person)
    assert dataset.head is not None
    # One object for both, as pages have it.
    dataset.head.dataset = dataset
    dataset_delete(dataset=Dataset.objects.get())

    act(dataset)

    assert not Dataset.objects.exists()


def test_its_file_is_downloaded_as_it_was_sent(client_: Client, person: Person) -> None:
    dataset = make_dataset(person, name='a"b/\u00e9')

    answer, body = download(f"{path_of(dataset)}v/1/file/", person)

    assert body == FAULTY.encode()
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment;")


# --- Others -----------------------------------------------------------------------------------


def test_a_link_shows_the_dataset_to_read_until_it_is_closed(
    client_: Client, person: Person, stranger: Person
) -> None:
    dataset = make_dataset(person, content=ROWS, name="Shared rows")
    client_.post(f"{path_of(dataset)}share/")
    dataset.refresh_from_db()
    token = dataset.share_token
    assert token is not None
    assert len(token) == 22
    address = f"/d/{token}/"
    assert address in page(client_, path_of(dataset))

    for reader in (guest_client(stranger), Client()):
        html = page(reader, address)
        assert "Shared rows" in html
        assert "secret 0" in html
        assert '<form method="post"' not in html.split("<main")[1]
        assert reader.get(address)["X-Robots-Tag"] == "noindex"
        assert reader.get(address)["Referrer-Policy"] == "no-referrer"
        assert reader.get(path_of(dataset)).status_code == 404
    assert download(f"{address}file/")[1] == ROWS.encode()

    client_.post(f"{path_of(dataset)}unshare/")

    for path in (address, f"{address}file/"):
        assert Client().get(path).status_code == 404
    client_.post(f"{path_of(dataset)}share/")
    dataset.refresh_from_db()
    assert dataset.share_token != token


def test_markup_in_names_rows_and_findings_is_shown_as_text(
    client_: Client, person: Person
) -> None:
    rows = [{"prompt": ATTACK, "completion": f" {ATTACK}"}, {"prompt": ATTACK, ATTACK: 1}]
    content = "".join(f"{json.dumps(row)}\n" for row in rows)
    dataset = make_dataset(person, content=content, name=ATTACK[:100])
    client_.post(f"{path_of(dataset)}share/")
    dataset.refresh_from_db()
    Upload.objects.create(person=person, name=ATTACK, model="tiny", size=10)
    fix = next(one["fix"] for one in head(dataset).findings if one["fix"])
    made = check(version_fix(version=head(dataset), fix=fix))

    for path in (
        "/datasets/",
        path_of(dataset),
        f"{path_of(dataset)}v/1/",
        f"{path_of(dataset)}v/{made.number}/",
        f"{path_of(dataset)}v/1/fix/{fix}/",
        f"{path_of(dataset)}?q={ATTACK}",
        f"{path_of(dataset)}delete/",
        f"/d/{dataset.share_token}/",
    ):
        html = page(client_, path)
        assert not [raw for raw in RAW if raw in html], path
        assert "&lt;script&gt;" in html


# --- Going ------------------------------------------------------------------------------------


def test_deleted_it_leaves_no_file_but_those_that_others_have(
    client_: Client, person: Person, stranger: Person
) -> None:
    mine, theirs = make_dataset(person), make_dataset(stranger)
    path, rows = head(mine).path, head(mine).rows_path
    assert "Delete for good" in page(client_, f"{path_of(mine)}delete/")

    client_.post(f"{path_of(mine)}delete/")

    assert not rows.exists()
    assert path.exists()
    assert head(theirs).rows_path.exists()
    person_delete(person=stranger)
    assert list(path.parent.iterdir()) == []


def test_a_person_who_goes_takes_uploads_and_files_along(client_: Client, person: Person) -> None:
    make_dataset(person)
    client_.post("/datasets/uploads/", headers={"Upload-Length": "5"})

    person_delete(person=person)

    left = [path.name for path in files.folder().rglob("*") if path.is_file()]
    assert left == [".lock"]
    assert not Upload.objects.exists()


def test_a_file_without_a_row_goes_after_a_while(person: Person) -> None:
    version = head(make_dataset(person, content=ROWS))
    orphan = version.path.with_name("a" * 64)
    orphan_rows = version.path.with_name(f"{version.sha256}.{'0' * 32}.rows.jsonl")
    half = version.path.with_name(f".{version.sha256}.rows.jsonl.1.partial")
    for path in (orphan, orphan_rows, half):
        path.write_text("x")
    # Its file is not made yet.
    DatasetVersion.objects.create(dataset=version.dataset, number=2, size=1)
    newest = max(path.stat().st_mtime for path in version.path.parent.iterdir())

    assert remove_orphans(older_than=0, is_named=is_file_named) == 0
    assert remove_orphans(older_than=newest + 1, is_named=is_file_named) == 3

    assert version.path.exists()
    assert version.rows_path.exists()


def test_what_is_known_of_it_is_in_the_export(person: Person) -> None:
    dataset = make_dataset(person)

    kinds = [json.loads(line) for line in export_lines(person)]

    (found,) = [line for line in kinds if line["kind"] == "dataset"]
    assert found["id"] == str(dataset.pk)
    assert found["versions"][0]["sha256"] == head(dataset).sha256
