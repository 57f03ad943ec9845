"""The tus protocol: parts in order, cuts, two tabs, checksums, other people, a full disk."""

import base64
import errno
import hashlib
import os
import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, connections
from django.http import Http404, HttpResponse
from django.test import Client
from django.utils import timezone

from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.core.errors import UploadMoved
from playground.datasets import files
from playground.datasets.models import Dataset, DatasetVersion, Upload
from playground.datasets.uploads import parts
from playground.datasets.uploads.parts import upload_append, uploads_sweep
from playground.datasets.uploads.protocol import CHUNK_TYPE
from tests.accounts.people import guest_client, make_user, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

UPLOADS = "/datasets/uploads/"
JSON = {"Accept": "application/json"}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def create(client: Client, content: bytes, **metadata: str) -> Any:
    pairs = {"filename": "rows.jsonl", **metadata}
    header = ",".join(f"{key} {encoded(value)}" for key, value in pairs.items())
    headers = {**JSON, "Upload-Length": str(len(content)), "Upload-Metadata": header}
    return client.post(UPLOADS, headers=headers)


def send(client: Client, address: str, chunk: bytes, offset: int, **headers: str) -> HttpResponse:
    sent = {**JSON, "Upload-Offset": str(offset), **headers}
    return client.patch(address, chunk, content_type=CHUNK_TYPE, headers=sent)  # type: ignore[return-value]


def begun(client: Client, content: bytes, **metadata: str) -> str:
    answer = create(client, content, **metadata)
    assert answer.status_code == 201
    return str(answer["Location"])


def code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def on_disk() -> set[str]:
    return {path.name for path in files.incoming().glob("*.part")}


@pytest.fixture
def client_(person: Person) -> Client:
    return guest_client(person)


def test_it_says_what_it_can_do(client_: Client) -> None:
    answer = client_.options(UPLOADS)

    assert answer.status_code == 204
    assert answer["Tus-Version"] == answer["Tus-Resumable"] == "1.0.0"
    assert answer["Tus-Extension"] == "creation,expiration,checksum,termination"
    assert answer["Tus-Max-Size"] == "100000000"
    assert answer["Tus-Checksum-Algorithm"] == "sha256"


def test_a_file_in_parts_becomes_a_dataset(client_: Client) -> None:
    content = b'{"prompt": "a", "completion": " b"}\n' * 50
    address = begun(client_, content, fingerprint="f", model="other")

    first = send(client_, address, content[:1000], 0)
    head = client_.head(address)
    last = send(client_, address, content[1000:], 1000)

    assert (first.status_code, first["Upload-Offset"]) == (204, "1000")
    assert (head.status_code, head["Upload-Offset"], head["Upload-Length"]) == (200, "1000", "1800")
    assert head["Cache-Control"] == "no-store, private"
    dataset = Dataset.objects.get()
    assert last["Content-Location"] == f"/datasets/{dataset.pk}/"
    assert (dataset.name, dataset.model) == ("rows", "other")
    version = dataset.head
    assert version is not None
    assert version.sha256 == hashlib.sha256(content).hexdigest()
    assert version.path.read_bytes() == content
    assert on_disk() == set()


def test_ten_random_cuts_are_resumed_to_the_right_hash(client_: Client) -> None:
    content = random.Random(1).randbytes(700_000)
    sha256 = hashlib.sha256(content).hexdigest()
    address = begun(client_, content, sha256=sha256)
    draw = random.Random(2)
    cuts = sorted(draw.sample(range(1, len(content)), 10))

    for end in [*cuts, len(content)]:
        # What a connection that broke left behind on the disk, and was never acknowledged.
        offset = int(client_.head(address)["Upload-Offset"])
        with Upload.objects.get().path.open("r+b") as file:
            file.seek(offset)
            file.write(draw.randbytes(draw.randrange(5000)))
        assert send(client_, address, content[offset:end], offset).status_code == 204

    assert DatasetVersion.objects.get().sha256 == sha256
    assert files.sha256_of(DatasetVersion.objects.get().path) == sha256


def test_another_person_finds_no_upload(client_: Client, stranger: Person) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)

    for other in (guest_client(stranger), Client()):
        assert other.head(address).status_code == 404
        assert send(other, address, b"tent", 3).status_code == 404
        assert other.delete(address).status_code == 404
        assert other.post(f"{address}discard/").status_code == 404

    assert client_.head(address)["Upload-Offset"] == "3"


def test_what_is_announced_wrongly_is_refused(client_: Client) -> None:
    def post(**headers: str) -> Any:
        return client_.post(UPLOADS, headers={**JSON, **headers})

    too_large = post(**{"Upload-Length": "100000001"})
    assert (too_large.status_code, code(too_large)) == (413, "body_too_large")
    for headers in (
        {},
        {"Upload-Length": "0"},
        {"Upload-Length": "-1"},
        {"Upload-Length": "1" * 30},
        {"Upload-Length": "5", "Upload-Defer-Length": "1"},
        {"Upload-Length": "5", "Upload-Metadata": "filename ???"},
        {"Upload-Length": "5", "Upload-Metadata": "filename /w=="},
        {"Upload-Length": "5", "Upload-Metadata": f"filename {encoded(chr(0))}"},
        {"Upload-Length": "5", "Upload-Metadata": f"sha256 {encoded('../x')}"},
        {"Upload-Length": "5", "Upload-Metadata": f"model {encoded('nobody')}"},
        {"Upload-Length": "5", "Upload-Metadata": "x" * 5000},
    ):
        assert post(**headers).status_code == 400
    assert not Upload.objects.exists()


def test_a_part_at_another_place_or_of_another_type_changes_nothing(client_: Client) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)

    moved = send(client_, address, b"ten", 2)
    long = send(client_, address, b"tent and more", 3)
    typed = client_.patch(address, b"t", content_type="text/plain", headers={"Upload-Offset": "3"})

    assert (moved.status_code, code(moved)) == (409, "upload_moved")
    assert long.status_code == 400
    assert typed.status_code == 415
    assert client_.head(address)["Upload-Offset"] == "3"
    assert Upload.objects.get().path.read_bytes() == b"con"


def test_a_part_with_a_wrong_checksum_is_sent_again(client_: Client) -> None:
    address = begun(client_, b"content")
    right = base64.b64encode(hashlib.sha256(b"content").digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"cOntent").digest()).decode()

    refused = send(client_, address, b"content", 0, **{"Upload-Checksum": f"sha256 {wrong}"})
    unknown = send(client_, address, b"content", 0, **{"Upload-Checksum": f"md5 {wrong}"})

    assert (refused.status_code, code(refused)) == (460, "wrong_checksum")
    assert unknown.status_code == 400
    assert client_.head(address)["Upload-Offset"] == "0"
    taken = send(client_, address, b"content", 0, **{"Upload-Checksum": f"sha256 {right}"})
    assert taken.status_code == 204


def test_a_file_that_is_not_what_was_announced_is_no_dataset(client_: Client) -> None:
    address = begun(client_, b"content", sha256=hashlib.sha256(b"cOntent").hexdigest())

    answer = send(client_, address, b"content", 0)

    assert (answer.status_code, code(answer)) == (460, "wrong_checksum")
    assert client_.head(address).status_code == 404
    assert not Dataset.objects.exists()
    assert on_disk() == set()


def test_the_last_answer_can_be_asked_for_again(client_: Client) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"content", 0)

    head = client_.head(address)
    again = send(client_, address, b"x", 7)
    opened = client_.post(f"{address}finished/")

    dataset = Dataset.objects.get()
    assert head["Content-Location"] == opened["Location"] == f"/datasets/{dataset.pk}/"
    assert again.status_code == 409
    assert (head["Upload-Offset"], head["Upload-Length"]) == ("7", "7")


def test_a_crash_before_the_dataset_was_saved_is_made_good(
    client_: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = begun(client_, b"content")

    def crash(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(parts, "dataset_create", crash)
        with pytest.raises(KeyboardInterrupt):
            send(client_, address, b"content", 0)

    assert client_.head(address)["Upload-Offset"] == "7"
    assert client_.post(f"{address}finished/").status_code == 303
    assert Dataset.objects.count() == 1


def test_given_up_it_is_gone(client_: Client) -> None:
    first, second = begun(client_, b"content"), begun(client_, b"content")

    assert client_.delete(first).status_code == 204
    assert client_.post(f"{second}discard/").status_code == 303

    assert client_.head(first).status_code == 404
    assert not Upload.objects.exists()
    assert on_disk() == set()


def test_what_nobody_continues_is_over(client_: Client) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)
    Upload.objects.update(touched_at=timezone.now() - timedelta(hours=73))

    late = send(client_, address, b"tent", 3)
    uploads_sweep()

    assert (late.status_code, code(late)) == (410, "upload_expired")
    assert client_.head(address).status_code == 410
    assert on_disk() == set()
    Upload.objects.update(touched_at=timezone.now() - timedelta(days=30))
    uploads_sweep()
    assert not Upload.objects.exists()


def test_what_is_over_takes_no_room_from_anybody(
    client_: Client, person: Person, settings: LazySettings
) -> None:
    settings.LIMIT_PERSON_DATASETS = 1
    settings.DATASETS_TOTAL_MIB = 1
    settings.LIMIT_PERSON_MIB = 1
    begun(client_, b"x" * 1_000_000)
    assert create(client_, b"x" * 1_000_000).status_code == 409

    Upload.objects.update(touched_at=timezone.now() - timedelta(hours=73))

    assert create(client_, b"x" * 1_000_000).status_code == 201


def test_the_sweep_leaves_what_is_on_its_way(client_: Client) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)
    stray, fresh = files.new_part(), files.new_part()
    for path in (stray, fresh):
        path.write_bytes(b"x")
    os.utime(stray, (1, 1))

    uploads_sweep()

    assert on_disk() == {Upload.objects.get().path.name, fresh.name}
    fresh.unlink()


def test_a_guest_who_signs_up_in_between_goes_on_in_the_account(
    client_: Client, person: Person
) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)
    make_user("ann")

    sign_in(client_, "ann")

    assert client_.head(address)["Upload-Offset"] == "3"
    assert send(client_, address, b"tent", 3).status_code == 204
    assert Dataset.objects.get().person == Person.objects.get(user__username="ann")
    assert guest_client(person).head(address).status_code == 404


def test_who_is_deleted_in_between_leaves_nothing_and_can_send_no_more(
    client_: Client, person: Person
) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)
    upload = Upload.objects.get()

    person_delete(person=person)

    # The part that was on its way when everything was deleted.
    with pytest.raises(Http404):
        upload_append(upload=upload, offset=3, chunk=b"tent")
    assert send(client_, address, b"tent", 3).status_code == 404
    assert not Dataset.objects.exists()
    assert on_disk() == set()


@pytest.mark.parametrize("at", ["write", "sync"])
def test_a_full_disk_is_said_and_nothing_is_half_there(
    client_: Client, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    content = b"content of a file"
    address = begun(client_, content)
    send(client_, address, content[:4], 0)
    real = os.pwrite

    def full(*arguments: Any) -> int:
        if at == "write":
            # A part of it still goes in.
            fd, data, offset = arguments
            real(fd, bytes(data)[:2], offset)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite" if at == "write" else "fsync", full)
        answer = send(client_, address, content[4:], 4)

    assert (answer.status_code, code(answer)) == (507, "disk_full")
    upload = Upload.objects.get()
    assert (upload.offset, upload.path.read_bytes()) == (4, content[:4])
    # There is room again.
    assert send(client_, address, content[4:], 4).status_code == 204
    assert DatasetVersion.objects.get().path.read_bytes() == content


def test_a_full_disk_at_the_beginning_leaves_no_upload(
    client_: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        answer = create(client_, b"content")

    assert (answer.status_code, code(answer)) == (507, "disk_full")
    assert on_disk() == set()
    assert not Upload.objects.exists()


def test_bytes_that_the_disk_has_lost_end_the_upload(client_: Client) -> None:
    address = begun(client_, b"content")
    send(client_, address, b"con", 0)
    Upload.objects.get().path.write_bytes(b"c")

    answer = send(client_, address, b"tent", 3)

    assert (answer.status_code, code(answer)) == (410, "upload_expired")


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_once_do_not_mix_their_bytes(person: Person) -> None:
    content = b"ab" * 20_000
    address = begun(guest_client(person), content)
    upload_id = Upload.objects.get().pk
    assert address.endswith(f"/{upload_id}/")
    taken: list[int] = []
    start = threading.Barrier(4)

    def tab(step: int) -> None:
        try:
            start.wait()
            while (upload := Upload.objects.get(pk=upload_id)).offset < len(content):
                offset = upload.offset
                try:
                    chunk = content[offset : offset + step]
                    upload_append(upload=upload, offset=offset, chunk=chunk)
                except UploadMoved:
                    continue
                taken.append(len(chunk))
        finally:
            connection.close()

    threads = [threading.Thread(target=tab, args=(step,)) for step in (977, 2048, 3001, 4096)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    connections.close_all()

    upload = Upload.objects.get(pk=upload_id)
    assert sum(taken) == upload.offset == len(content)
    assert upload.path.read_bytes() == content
    upload.path.unlink()
