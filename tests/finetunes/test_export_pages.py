"""The whole model on the page: what is said of it, and how it is asked for and taken away."""

import io
import re
import tomllib
import zipfile
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse
from django.test import AsyncClient, Client
from django.urls import reverse

from playground.accounts.models import Person
from playground.accounts.people import COOKIE, cookie_value
from playground.checkpoints.registry import _read as read_registry
from playground.finetunes.exporting.files import model_folder
from playground.finetunes.models import FineTune, FineTuneExport
from playground.finetunes.options import default_options
from playground.finetunes.pages.export_page import ExportsSection
from playground.finetunes.pages.exports import zip_blocks
from tests.finetunes.conftest import make_finetune, make_tuned, register_worker

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]
FIGURES = {
    "positions": 4102,
    "largest": 2.9123e-5,
    "argmax_equal": 1.0,
    "divergence": 1e-9,
    "bar": {"largest": 1e-4, "argmax_equal": 0.0, "divergence": None},
}
FULL = default_options(1_000, "full").to_json()


@pytest.fixture
def client(person: Person) -> Client:
    client = Client()
    client.cookies[COOKIE] = cookie_value(person.pk)
    return client


@pytest.fixture
def finetune(person: Person) -> FineTune:
    return make_tuned(person)


def make_export(finetune: FineTune, **values: Any) -> FineTuneExport:
    return FineTuneExport.objects.create(finetune=finetune, **{"dtype": "float16", **values})


def write_model(export: FineTuneExport) -> None:
    folder = model_folder(export)
    folder.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (folder / name).write_bytes(name.encode() * 100_000)


def address(finetune: FineTune, name: str = "exports", *more: str) -> str:
    return reverse(f"finetunes:{name}", args=[finetune.pk, *more])


def page(client: Client, finetune: FineTune) -> str:
    response = client.get(address(finetune, "finetune"))
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_each_dtype_is_offered_with_a_sentence(client: Client, finetune: FineTune) -> None:
    text = page(client, finetune)

    assert "Merged model" in text
    assert "Nothing is rounded." in text
    for dtype in ("float32", "float16", "bfloat16"):
        assert f'id="make-{dtype}"' in text


@pytest.mark.parametrize("status", ["queued", "running", "failed", "cancelled"])
def test_without_a_model_nothing_is_offered(client: Client, person: Person, status: str) -> None:
    text = page(client, make_finetune(person, status=status))

    assert "Merged model" not in text


def test_a_press_asks_for_one_and_comes_back_to_it(client: Client, finetune: FineTune) -> None:
    response = client.post(address(finetune), {"dtype": "float16"})

    assert response.status_code == 303
    assert response["Location"] == f"{address(finetune, 'finetune')}#exports"
    assert finetune.exports.get().status == "queued"


def test_another_dtype_is_refused(client: Client, finetune: FineTune) -> None:
    response = client.post(address(finetune), {"dtype": "int8"})

    assert response.status_code == 400
    assert not FineTuneExport.objects.exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "running"}, "It is being made and compared."),
        ({"status": "waiting_for_room"}, "It goes on by itself when there is room."),
        (
            {"status": "ready", "size": 31 << 20, "figures": FIGURES},
            (
                "Ready, 31 MiB. Compared at 4,102 positions: the largest difference of logits is "
                "0.000029 (0.0001 is allowed); the likeliest token is the same at 100 % of "
                "them."
            ),
        ),
        (
            {
                "status": "refused",
                "figures": {**FIGURES, "largest": 0.035, "bar": {"largest": 0.03}},
            },
            "Not offered in float16: the largest difference of logits is 0.035, above 0.03.",
        ),
        (
            {
                "status": "refused",
                "figures": {
                    "largest": 0.42,
                    "argmax_equal": 0.98,
                    "divergence": 2e-4,
                    "bar": {"largest": 0.3, "argmax_equal": 0.995, "divergence": 1e-4},
                },
            },
            (
                "Not offered in float16: the largest difference of logits is 0.42, above 0.3, and "
                "the likeliest token is the same at 98 % of the positions, below 99.5 %, and the "
                "mean divergence of the probabilities is 0.0002, above 0.0001."
            ),
        ),
        (
            {"status": "refused", "figures": {"largest": None, "bar": {"largest": 0.03}}},
            "Not offered in float16: its logits are not finite.",
        ),
        (
            {"status": "refused", "error_message": "It cannot hold <b>."},
            "Not offered in float16: It cannot hold &lt;b&gt;.",
        ),
        ({"status": "failed", "error_message": "No memory."}, "It could not be made. No memory."),
        ({"status": "ready", "size": 1, "figures": {"largest": "x", "bar": 3}}, "Ready, 1 bytes."),
    ],
)
def test_its_state_and_figures_are_said(
    client: Client, finetune: FineTune, values: dict[str, Any], words: str
) -> None:
    make_export(finetune, **values)

    assert words in page(client, finetune)


@pytest.mark.parametrize(
    ("has_worker", "words"),
    [(True, "It waits for its turn."), (False, "waits until a worker that fine-tunes this base")],
)
def test_whether_anybody_makes_it_is_said(
    client: Client, finetune: FineTune, has_worker: bool, words: str
) -> None:
    make_export(finetune)
    if has_worker:
        register_worker()

    assert words in page(client, finetune)


def test_while_one_is_made_the_page_asks_for_news(client: Client, finetune: FineTune) -> None:
    still = page(client, finetune)
    export = make_export(finetune)

    text = page(client, finetune)
    seen = ExportsSection(finetune).seen
    nothing_new = client.get(address(finetune), {"seen": seen})
    FineTuneExport.objects.filter(pk=export.pk).update(status="running")
    news = client.get(address(finetune), {"seen": seen})

    assert "http-equiv" not in still
    # With the address that a press leads to, the browser would only scroll.
    assert re.search(r'http-equiv="refresh" content="3; url=\?at=\d+#exports"', text)
    assert f"?seen={seen}" in text
    assert nothing_new.status_code == 204
    assert "It is being made and compared." in news.content.decode()


@pytest.mark.django_db(transaction=True)
async def test_it_is_downloaded_as_one_zip(person: Person) -> None:
    finetune = await sync_to_async(make_tuned)(person, name="Mail & more")
    export = await sync_to_async(make_export)(finetune, status="ready", size=1)
    write_model(export)
    client = AsyncClient()
    client.cookies[COOKIE] = cookie_value(person.pk)

    response = await client.get(address(finetune, "export", "float16"))

    assert isinstance(response, StreamingHttpResponse)
    assert response["Content-Disposition"] == 'attachment; filename="mail-more-float16.zip"'
    blocks = [block async for block in response]  # type: ignore[union-attr]
    assert max(map(len, blocks)) <= 1 << 19
    archive = zipfile.ZipFile(io.BytesIO(b"".join(blocks)))
    assert archive.testzip() is None
    assert archive.read("model.safetensors") == b"model.safetensors" * 100_000
    assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_download_that_has_begun_is_whole_though_its_files_are_deleted(
    finetune: FineTune,
) -> None:
    export = make_export(finetune, status="ready")
    write_model(export)
    files = sorted(model_folder(export).iterdir())
    blocks = zip_blocks(files)
    begun = next(blocks)

    for path in files:
        path.unlink()

    archive = zipfile.ZipFile(io.BytesIO(begun + b"".join(blocks)))
    assert archive.testzip() is None
    assert len(archive.namelist()) == 3


@pytest.mark.parametrize("status", ["queued", "running", "refused", "failed", "ready"])
def test_what_is_not_there_cannot_be_downloaded(
    client: Client, finetune: FineTune, status: str
) -> None:
    make_export(finetune, status=status)

    assert client.get(address(finetune, "export", "float16")).status_code == 404


@pytest.mark.parametrize("dtype", ["float32", "int8", "..", "%2e%2e%2fx", "a\0b", "x" * 500])
def test_a_dtype_that_was_not_made_is_not_found(
    client: Client, finetune: FineTune, dtype: str
) -> None:
    make_export(finetune, status="ready")

    assert client.get(address(finetune, "export", dtype)).status_code == 404
    assert client.post(address(finetune, "export_delete", dtype)).status_code == 404


def test_it_is_deleted_by_hand(client: Client, finetune: FineTune) -> None:
    export = make_export(finetune, status="ready")
    write_model(export)

    response = client.post(address(finetune, "export_delete", "float16"))

    assert response["Location"] == f"{address(finetune, 'finetune')}#exports"
    assert not FineTuneExport.objects.exists()
    assert not model_folder(export).exists()


def test_all_weights_are_said_to_be_a_model_of_its_own(client: Client, person: Person) -> None:
    finetune = make_tuned(person, options=FULL)

    text = page(client, finetune)

    assert "Whole model" in text
    assert "it does not appear in the menu by itself" in text
    assert "tiny, all weights" in text
    assert f"{finetune.pk}/result/model" in text
    for absent in ("Try it", 'id="adapter"', 'id="share"'):
        assert absent not in text
    assert 'id="make-float32"' in text


@pytest.mark.parametrize(
    ("name", "model"),
    [("Mail & more", "mail-more"), ("郵便", "tuned"), ('A "quoted" \\ name\x7f', "a-quoted-name")],
)
def test_the_registry_takes_the_lines_for_the_operator(
    person: Person, tmp_path: Any, name: str, model: str
) -> None:
    section = ExportsSection(make_tuned(person, name=name, options=FULL))

    lines = section.registry_lines

    assert len(lines.splitlines()) == 3
    assert tomllib.loads(lines)["models"][model] == {"title": name, "path": model}
    file = tmp_path / "models.toml"
    file.write_text(lines, encoding="utf-8")
    assert read_registry(file).get(model).path == tmp_path / model
