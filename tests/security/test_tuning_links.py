"""Attack 5 on the links of datasets and of tuned models: no link is guessed, used again once it is
closed, widened, or makes a change. The link's own texts are open; all others of its owner say
SECRET."""

import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from playground.accounts.models import Person
from playground.checkpoints.granting import adapter_share, adapter_unshare
from playground.checkpoints.models import Adapter
from playground.datasets.models import Dataset, DatasetVersion, Upload
from playground.datasets.services import dataset_delete, dataset_share, dataset_unshare, version_fix
from playground.finetunes.models import FineTune
from tests.accounts.people import guest_client, make_user
from tests.datasets.made import check, make_dataset
from tests.security.routes import METHODS, all_routes
from tests.support.snapshots import snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

OF_DATASETS = [one.pattern for one in all_routes() if one.pattern.startswith("d/<slug:token>/")]
OF_MODELS = [one.pattern for one in all_routes() if one.pattern.startswith("m/<slug:token>/")]
NOWHERE = "A" * 22
# The first version has a row that the fix leaves out.
ROWS = '{"prompt": "open", "completion": " open"}\n' * 3
FAULTY = ROWS + '{"prompt": "SECRET", "completion": ""}\n'


@pytest.fixture
def owner(settings: LazySettings, tmp_path: Path) -> Person:
    settings.VAR_DIR = tmp_path
    return Person.objects.create(user=make_user("ada", email="ada@private.example"))


@pytest.fixture
def shared(owner: Person) -> Dataset:
    """A dataset whose first version says SECRET, read by a link at its second."""
    dataset = make_dataset(owner, content=FAULTY, name="Open rows")
    assert dataset.head is not None
    check(version_fix(version=dataset.head, fix="leave_out_rows"))
    DatasetVersion.objects.filter(number=2).update(changes={})
    make_dataset(owner, content=FAULTY, name="SECRET dataset")
    Upload.objects.create(person=owner, name="SECRET upload", model="tiny", size=9)
    FineTune.objects.create(person=owner, base="tiny", name="SECRET", data={"name": "SECRET"})
    return dataset_share(dataset=Dataset.objects.get(pk=dataset.pk))


def paths(patterns: list[str], token: str) -> list[str]:
    return ["/" + pattern.replace("<slug:token>", token) for pattern in patterns]


def ids_of(person: Person) -> Iterator[uuid.UUID]:
    """Every id of the person's rows, their own id too."""
    yield person.pk
    for model in (Dataset, Upload, FineTune, Adapter):
        yield from model.objects.filter(person=person).values_list("pk", flat=True)
    versions = DatasetVersion.objects.filter(dataset__person=person)
    yield from versions.values_list("pk", flat=True)


def body_of(answer: Any) -> str:
    """The answer without what differs by nature."""
    return re.sub(r'(csrfmiddlewaretoken"? value|nonce)="[^"]*"', "", answer.content.decode())


def test_each_link_opens_before_it_is_tried(shared: Dataset) -> None:
    assert len(OF_DATASETS) == 2
    assert len(OF_MODELS) == 2
    page, file = paths(OF_DATASETS, str(shared.share_token))
    assert Client().get(page).status_code == 200
    assert file.endswith("/file/")


@pytest.mark.parametrize("ending", ["closed", "deleted"])
def test_a_closed_and_an_unknown_link_of_a_dataset_get_the_same_answer(
    shared: Dataset, ending: str
) -> None:
    token = str(shared.share_token)
    if ending == "closed":
        dataset_unshare(dataset=shared)
    else:
        dataset_delete(dataset=shared)

    tried = zip(paths(OF_DATASETS, token), paths(OF_DATASETS, NOWHERE), strict=True)
    for path, nowhere in tried:
        answer, absent = Client().get(path), Client().get(nowhere)
        assert (answer.status_code, absent.status_code) == (404, 404)
        assert body_of(answer).replace(token, NOWHERE) == body_of(absent)


def test_a_closed_and_an_unknown_link_of_a_model_get_the_same_answer(
    adapter: Adapter, stranger: Person
) -> None:
    token = str(adapter_share(adapter=adapter).link)
    (page, _) = paths(OF_MODELS, token)
    (nowhere, _) = paths(OF_MODELS, NOWHERE)
    client = guest_client(stranger)
    assert client.get(page).status_code == 200

    adapter_unshare(adapter=adapter)

    for method in ("get", "post"):
        answer, absent = getattr(client, method)(page), getattr(client, method)(nowhere)
        assert (answer.status_code, absent.status_code) == (404, 404)
        assert body_of(answer).replace(token, NOWHERE) == body_of(absent)


def test_a_token_must_match_exactly(shared: Dataset, adapter: Adapter) -> None:
    for kind, token in (("d", shared.share_token), ("m", adapter_share(adapter=adapter).link)):
        assert token is not None
        assert len(token) == 22
        changed = token[:-1] + ("A" if token[-1] != "A" else "B")
        tried = (token.swapcase(), changed, token[:-1], f"{token}A", "", "A" * 5_000, "%00", "..")
        for other in tried:
            assert Client().get(f"/{kind}/{other}/").status_code in (400, 404)


def test_no_parameter_widens_a_link(shared: Dataset, owner: Person) -> None:
    page, _ = paths(OF_DATASETS, str(shared.share_token))
    names = ("v", "number", "version", "dataset", "dataset_id", "id", "at", "seed", "show", "q")
    values = ["1", "SECRET", "random", *(str(owned) for owned in ids_of(owner))]

    for value in values:
        for headers in ({}, {"HX-Request": "true", "HX-Target": "examples"}):
            answer = Client().get(page, dict.fromkeys(names, value), headers=headers)
            text = answer.content.decode()
            assert answer.status_code == 200
            assert '"prompt": "SECRET"' not in text
            assert "SECRET dataset" not in text
            assert "private.example" not in text
            assert '<span class="dataset-prompt">SECRET' not in text
            owned = {str(one) for one in ids_of(owner)} - {value}
            assert not [one for one in owned if one in text or one.replace("-", "") in text]


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("get", "head")])
def test_no_method_changes_what_a_link_shows(
    shared: Dataset, stranger: Person, method: str
) -> None:
    before = snapshot()

    for path in paths(OF_DATASETS, str(shared.share_token)):
        for client in (Client(), guest_client(stranger)):
            body = {"name": "Mine", "fix": "leave_out_rows", "number": "1"}
            answer = getattr(client, method)(path, body)
            assert answer.status_code in (200, 204, 405)

    assert snapshot() == before


def test_a_reader_gets_no_further_than_the_link(shared: Dataset, stranger: Person) -> None:
    reader = guest_client(stranger)
    assert reader.get(f"/d/{shared.share_token}/").status_code == 200

    for path in (
        f"/datasets/{shared.pk}/",
        f"/datasets/{shared.pk}/v/1/",
        f"/datasets/{shared.pk}/v/1/file/",
        f"/datasets/{shared.pk}/v/2/fix/leave_out_rows/",
    ):
        assert reader.get(path).status_code == 404
    started = reader.post("/finetunes/new/", {"version": str(shared.head_id)})
    assert started.status_code == 400
    assert FineTune.objects.count() == 1
