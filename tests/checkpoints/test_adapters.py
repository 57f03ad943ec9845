"""Tuned models: what is registered, who may use it, what becomes of it."""

import json
import os
import re
import struct
import uuid
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from playground.accounts.exporting import export_lines
from playground.accounts.leaving import person_delete
from playground.accounts.models import Person, User
from playground.accounts.moving import guest_adopt
from playground.accounts.quotas import quota_lines
from playground.checkpoints import adapter_files
from playground.checkpoints.adapter_files import CONFIG, WEIGHTS, folder_of
from playground.checkpoints.models import MAX_NAME, Adapter
from playground.checkpoints.registry import registry
from playground.checkpoints.selectors import (
    get_adapter,
    get_served,
    model_title,
    served_models,
)
from playground.checkpoints.services import (
    adapter_check_room,
    adapter_delete,
    adapter_register,
    adapter_rename,
)
from playground.core.errors import (
    AdapterRefused,
    InvalidInput,
    ModelDeleted,
    NotFound,
    QuotaReached,
    UnknownModel,
)
from tests.support.adapters import make_adapter, write_adapter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("adapters_dir")]


@pytest.fixture
def source(tmp_path: Path, text_side: Path) -> Path:
    """A finished folder, as a training leaves it."""
    return write_adapter(tmp_path / "result", text_side)


def register(person: Person, folder: Path, **values: object) -> Adapter:
    given = {"base": "tiny", "title": "Support answers", **values}
    return adapter_register(person=person, folder=folder, **given)  # type: ignore[arg-type]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_finished_folder_becomes_a_model(person: Person, source: Path) -> None:
    weights = (source / WEIGHTS).read_bytes()

    adapter = register(
        person,
        source,
        stop=["\n"],
        prompt_suffix=" ->",
        example="Hello",
        parameters={"temperature": 0},
    )

    place = folder_of(adapter.folder)
    assert re.fullmatch(r"tiny:support-answers-[a-z]{4}", adapter.name)
    assert files_in(place) == [CONFIG, WEIGHTS]
    assert (place / WEIGHTS).read_bytes() == weights
    assert files_in(source) == [CONFIG, WEIGHTS], "it was copied"
    assert (adapter.rank, adapter.changes_nothing, adapter.state) == (4, False, "ready")
    assert adapter.size == len(weights) + (source / CONFIG).stat().st_size
    again = Adapter.objects.get(pk=adapter.pk)
    assert (again.stop, again.parameters) == (["\n"], {"temperature": 0})


def test_a_folder_that_is_taken_over_is_gone(
    person: Person, source: Path, adapters_dir: Path
) -> None:
    adapter = register(person, source, take_over=True)

    assert not source.exists()
    assert files_in(adapters_dir) == [adapter.folder]


def test_the_digest_is_the_engines(person: Person, source: Path) -> None:
    adapter = register(person, source)

    from workers.engine.adapters.adapter import read_adapter
    from workers.engine.checkpoint.spec import ModelConfig

    config = ModelConfig(257, 2048, 32, 2, 2, 8, 1e-5)
    read = read_adapter("x", folder_of(adapter.folder), config)
    assert (adapter.digest, adapter.rank) == (read.digest, read.rank)


def test_who_died_after_registering_can_do_it_again(person: Person, source: Path) -> None:
    job = uuid.uuid4()
    first = register(person, source, adapter_id=job, take_over=True)

    assert register(person, source, adapter_id=job, take_over=True) == first


def test_who_died_between_files_and_row_can_do_it_again(
    person: Person, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = uuid.uuid4()
    monkeypatch.setattr("playground.checkpoints.services._create_named", _die)
    with pytest.raises(KeyboardInterrupt):
        register(person, source, adapter_id=job)
    monkeypatch.undo()

    adapter = register(person, source, adapter_id=job)

    assert files_in(folder_of(adapter.folder)) == [CONFIG, WEIGHTS]


def _die(*_args: object) -> None:
    raise KeyboardInterrupt


def test_a_full_disk_leaves_nothing(
    person: Person, source: Path, adapters_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(adapter_files, "_sync", fail)

    with pytest.raises(OSError, match="No space left"):
        register(person, source)

    assert files_in(adapters_dir) == []
    assert not Adapter.objects.exists()


def test_what_a_crash_left_goes_a_day_later(
    person: Person, source: Path, adapters_dir: Path
) -> None:
    for name, age in (("incoming-1", 90_000), ("f" * 32, 90_000), ("incoming-2", 60)):
        (adapters_dir / name).mkdir(parents=True)
        changed = adapters_dir.stat().st_mtime - age
        os.utime(adapters_dir / name, (changed, changed))

    adapter = register(person, source)

    assert files_in(adapters_dir) == sorted([adapter.folder, "incoming-2"])


def cut(path: Path, size: int) -> None:
    os.truncate(path, size)


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"more")


def rewrite(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def header(path: Path, text: bytes) -> None:
    path.write_bytes(struct.pack("<Q", len(text)) + text)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / CONFIG).unlink(), f"{CONFIG} is missing"),
        (lambda folder: (folder / WEIGHTS).unlink(), f"{WEIGHTS} is missing"),
        (lambda folder: (folder / CONFIG).write_text("{"), f"{CONFIG} cannot be read"),
        (lambda folder: (folder / CONFIG).write_text("[" * 99), f"{CONFIG} cannot be read"),
        (lambda folder: rewrite(folder / CONFIG, r=0), "a rank must be"),
        (lambda folder: rewrite(folder / CONFIG, r=True), "a rank must be"),
        (lambda folder: rewrite(folder / CONFIG, r=513), "a rank must be"),
        (lambda folder: rewrite(folder / CONFIG, rank_pattern={"q_proj": "8"}), "a rank must be"),
        (lambda folder: rewrite(folder / CONFIG, peft_type="LOHA"), "peft_type"),
        (lambda folder: cut(folder / WEIGHTS, 4), "its header is not whole"),
        (lambda folder: cut(folder / WEIGHTS, 60), "its header is not whole"),
        (lambda folder: cut(folder / WEIGHTS, 4_000), "its tensors are not whole"),
        (lambda folder: header(folder / WEIGHTS, b"{]"), "its header cannot be read"),
        (lambda folder: header(folder / WEIGHTS, b'{"a":1}'), "its header cannot be read"),
        (
            lambda folder: header(folder / WEIGHTS, b'{"a":{"data_offsets":[4,2]}}'),
            "its header cannot be read",
        ),
        (lambda folder: grow(folder / WEIGHTS), "its tensors are not whole"),
    ],
)
def test_a_folder_that_is_no_adapter_is_refused_by_its_file(
    person: Person, source: Path, adapters_dir: Path, damage: object, words: str
) -> None:
    damage(source)  # type: ignore[operator]

    with pytest.raises(AdapterRefused, match=re.escape(words)) as refused:
        register(person, source)

    assert str(source) not in refused.value.message
    assert (refused.value.code, refused.value.status) == ("adapter_refused", 400)
    assert not Adapter.objects.exists()
    assert files_in(adapters_dir) == []


def test_weights_that_change_nothing_are_marked(
    person: Person, tmp_path: Path, text_side: Path
) -> None:
    blank = write_adapter(tmp_path / "blank", text_side, zero_b=True)

    assert register(person, blank).changes_nothing


def test_names_are_the_only_ones_and_fit(person: Person, source: Path) -> None:
    long = register(person, source, title="An assistant that answers in verse, and twice " * 2)
    others = [register(person, source, title="模型") for _ in range(3)]

    assert len(long.name) <= MAX_NAME
    assert len({other.name for other in others}) == 3
    assert all(re.fullmatch(r"tiny:model-[a-z]{4}", other.name) for other in others)
    assert all(registry().base_of(one.name) == registry().get("tiny") for one in (long, *others))


@pytest.mark.parametrize("title", ["", "  \n", "x" * 121, "a\0b"])
def test_a_title_that_cannot_be_kept_is_refused(person: Person, source: Path, title: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        register(person, source, title=title)

    assert refused.value.field == "title"


def test_an_unknown_base_is_refused(person: Person, source: Path) -> None:
    with pytest.raises(UnknownModel):
        register(person, source, base="gone")


def test_renaming_keeps_the_name_that_rows_have(adapter: Adapter) -> None:
    name = adapter.name

    adapter_rename(adapter=adapter, title="  Help \n desk ", note="For the team")

    again = Adapter.objects.get(pk=adapter.pk)
    assert (again.title, again.note, again.name) == ("Help desk", "For the team", name)


def test_a_person_can_run_the_registrys_models_and_their_own(
    adapter: Adapter, person: Person, stranger: Person, tmp_path: Path, text_side: Path
) -> None:
    newer = make_adapter(person, tmp_path, text_side, title="Newer")

    names = [served.name for served in served_models(person)]

    assert names == ["tiny", newer.name, adapter.name, "other"]
    assert [served.name for served in served_models(stranger)] == ["tiny", "other"]
    assert [served.name for served in served_models(None)] == ["tiny", "other"]


def test_a_name_leads_to_its_owner_alone(
    adapter: Adapter, person: Person, stranger: Person
) -> None:
    served = get_served(person, adapter.name)
    assert (served.base.name, served.adapter, served.title) == ("tiny", adapter, "Support answers")
    assert get_served(None, "").name == "tiny"

    refusals = []
    for who, name in ((stranger, adapter.name), (None, adapter.name), (person, "tiny:none-abcd")):
        with pytest.raises(NotFound) as refused:
            get_served(who, name)
        refusals.append(refused.value.message.replace(name, "…"))
    assert len(set(refusals)) == 1, "nobody can tell another's model from none"
    with pytest.raises(NotFound):
        get_adapter(stranger, adapter.pk)
    assert get_adapter(person, adapter.pk) == adapter


def test_a_deleted_model_is_refused_in_words(adapter: Adapter, person: Person) -> None:
    adapter_rename(adapter=adapter, title=adapter.title, note="For the team")
    assert adapter_delete(adapter=adapter)
    assert adapter.note == "", "what was written about it is gone"

    with pytest.raises(ModelDeleted, match="“Support answers” was deleted") as refused:
        get_served(person, adapter.name)

    assert (refused.value.code, refused.value.status) == ("model_deleted", 404)
    assert served_models(person) == served_models(None)
    assert not adapter_delete(adapter=adapter), "it is deleted once"
    with pytest.raises(NotFound):
        get_adapter(person, adapter.pk)


def test_titles_are_known_by_name(adapter: Adapter) -> None:
    assert model_title(adapter.name) == "Support answers"
    assert model_title("tiny") == "tiny"
    assert model_title("tiny:none-abcd") == "tiny:none-abcd"


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("", "tiny"),
        ("other", "other"),
        ("tiny:answers-abcd", "tiny"),
        ("gone", None),
        ("gone:answers-abcd", None),
        ("tiny:", None),
        ("tiny:Answers", None),
        ("tiny:a:b", None),
        ("tiny:" + "a" * 39, None),
    ],
)
def test_a_name_says_what_its_base_is(name: str, base: str | None) -> None:
    found = registry().base_of(name)

    assert (found.name if found else None) == base


def test_an_export_has_ones_own_models(adapter: Adapter, person: Person, stranger: Person) -> None:
    lines = [json.loads(line) for line in export_lines(person)]
    models = [line for line in lines if line["kind"] == "model"]

    assert [(line["name"], line["title"]) for line in models] == [(adapter.name, adapter.title)]
    assert not any('"kind": "model"' in line for line in export_lines(stranger))


def test_models_count_against_a_limit_of_their_own(
    adapter: Adapter, person: Person, settings: Settings
) -> None:
    kept = {line.name: line.amount for line in quota_lines(person)}
    assert kept["models"] == 1
    adapter_check_room(person=person)

    settings.LIMIT_PERSON_MODELS = 1

    with pytest.raises(QuotaReached, match="1 of at most 1 tuned models"):
        adapter_check_room(person=person)
    adapter_delete(adapter=adapter)
    adapter_check_room(person=person)


def test_a_guests_models_move_at_the_sign_up(adapter: Adapter, person: Person) -> None:
    user = User.objects.create_user("ada", password="correct horse")
    account = Person.objects.create(user=user)

    guest_adopt(guest=person, user=user)

    assert get_served(account, adapter.name).adapter == adapter


def test_files_go_with_their_person(adapter: Adapter, person: Person, adapters_dir: Path) -> None:
    person_delete(person=person)

    assert files_in(adapters_dir) == []
    assert not Adapter.objects.exists()
