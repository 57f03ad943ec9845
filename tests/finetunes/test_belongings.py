"""Fine-tunes as a part of somebody's account."""

import json

import pytest

from playground.accounts.exporting import export_lines
from playground.accounts.leaving import person_delete
from playground.accounts.models import Person
from playground.accounts.moving import guest_adopt
from playground.accounts.quotas import usage_of
from playground.finetunes.folders import job_folder
from playground.finetunes.models import FineTune
from tests.accounts.people import make_user
from tests.finetunes.conftest import make_finetune

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def test_an_export_has_the_whole_record(person: Person, stranger: Person) -> None:
    finetune = make_finetune(person, name="Mail")
    finetune.events.create(n=1, kind="step", step=1, data={"loss": 0.5})
    make_finetune(stranger)

    rows = [json.loads(line) for line in export_lines(person)]

    (row,) = [row for row in rows if row["kind"] == "finetune"]
    assert row["name"] == "Mail"
    assert row["record"] == [{"n": 1, "kind": "step", "loss": 0.5}]


def test_who_leaves_leaves_no_fine_tune_and_no_file(person: Person) -> None:
    finetune = make_finetune(person)
    job_folder(finetune.pk).mkdir()

    person_delete(person=person)

    assert not FineTune.objects.exists()
    assert not job_folder(finetune.pk).exists()


def test_a_guests_fine_tunes_move_into_the_account(person: Person) -> None:
    make_finetune(person)
    user = make_user("ada")
    account = Person.objects.create(user=user)

    guest_adopt(guest=person, user=user)

    assert FineTune.objects.get().person == account


def test_what_is_kept_is_counted(person: Person) -> None:
    make_finetune(person)

    amount = usage_of(person)["finetunes"]
    assert amount.rows == 1
    assert amount.size > 100
