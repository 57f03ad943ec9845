"""A guest's data all move into the account on sign-up and sign-in."""

from typing import Any

import pytest
from django.db import models
from django.test import Client
from model_bakery import baker

from playground.accounts.belongings import belongings, owner_fields
from playground.accounts.models import Person
from playground.accounts.moving import guest_adopt
from playground.accounts.people import COOKIE
from playground.core import search
from playground.library.models import Draft, Prompt, PromptVersion, Tag
from playground.runs.models import Run
from playground.sharing.models import Share
from tests.accounts.people import guest_client, make_user, sign_in, sign_up, user_of
from tests.conftest import make_run
from tests.support.refusals import refuse

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]


def make_prompt(person: Person, title: str = "A prompt", **values: Any) -> Prompt:
    prompt = Prompt.objects.create(person=person, template="free", title=title, **values)
    prompt.head = PromptVersion.objects.create(
        prompt=prompt, number=1, text="text", parameters={"max_tokens": 16}
    )
    prompt.save()
    return prompt


def draft(person: Person, text: str, **values: Any) -> Draft:
    return Draft.objects.create(person=person, template="free", state={"text": text}, **values)


def everything(person: Person) -> dict[str, int]:
    return {
        model.__name__: model._base_manager.filter(**{field: person}).count()
        for model, field in owner_fields()
    }


def test_every_model_with_an_owner_is_known_and_exported() -> None:
    pointing = {
        (model, field.name)
        for model in _all_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.related_model is Person
    }

    assert set(owner_fields()) == pointing
    assert {belonging.model for belonging in belongings()} == {model for model, _ in pointing}


def test_a_row_that_cannot_be_moved_does_not_prevent_sign_in() -> None:
    refuse("{row}prompt = 'frozen'")
    Person.objects.create(user=make_user())
    guest = Person.objects.create()
    run = make_run(guest, prompt="frozen")
    client = guest_client(guest)

    answer = sign_in(client, "ann")

    assert answer.status_code == 302
    assert user_of(client) is not None
    run.refresh_from_db()
    assert run.person == guest


def _all_models() -> list[type[models.Model]]:
    from django.apps import apps

    return list(apps.get_models(include_auto_created=True))


@pytest.mark.parametrize("into_existing", [True, False])
def test_every_row_of_every_model_moves(into_existing: bool, person: Person) -> None:
    user = make_user("ann")
    if into_existing:
        Person.objects.create(user=user)
    for model, field in owner_fields():
        baker.make(model, **{field: person})
    before = everything(person)
    assert all(before.values())

    account = guest_adopt(guest=person, user=user)

    assert account.user == user
    assert everything(account) == before
    if into_existing:
        assert not Person.objects.filter(pk=person.pk).exists()


def test_signing_up_adopts_the_guest_and_removes_the_cookie(person: Person) -> None:
    run = make_run(person, status="succeeded")
    client = guest_client(person)

    answer = sign_up(client)

    assert answer.cookies[COOKIE]["max-age"] == 0
    assert client.get(f"/runs/{run.pk}/output/").status_code == 200
    assert guest_client(person).get(f"/runs/{run.pk}/output/").status_code == 404
    client.post("/account/sign-out/")
    assert client.get(f"/runs/{run.pk}/output/").status_code == 404
    sign_in(client, "ann")
    assert client.get(f"/runs/{run.pk}/output/").status_code == 200


def test_signing_in_adds_the_guests_data_to_the_account(person: Person, stranger: Person) -> None:
    user = make_user("ann")
    account = Person.objects.create(user=user)
    old, new, others = make_run(account), make_run(person), make_run(stranger)

    sign_in(guest_client(person), "ann")

    assert set(Run.objects.filter(person=account)) == {old, new}
    assert others.person == stranger


def test_a_failed_sign_up_moves_nothing(person: Person) -> None:
    run = make_run(person)
    client = guest_client(person)

    sign_up(client, "ann", "short")

    assert client.get(f"/runs/{run.pk}/output/").status_code == 200
    assert not client.cookies[COOKIE]["max-age"]


def test_a_wrong_password_moves_nothing(person: Person) -> None:
    make_user("ann")
    run = make_run(person)

    sign_in(guest_client(person), "ann", "wrong")

    assert Run.objects.get(pk=run.pk).person == person


def test_adopting_twice_changes_nothing(person: Person) -> None:
    user = make_user("ann")
    make_run(person)

    first = guest_adopt(guest=person, user=user)
    again = guest_adopt(guest=person, user=user)

    assert first == again
    assert Run.objects.get().person == first


def test_an_old_cookie_does_not_move_an_account(person: Person, client: Client) -> None:
    guest_adopt(guest=person, user=make_user("ann"))
    run = make_run(Person.objects.get(user__username="ann"))
    make_user("eve")

    sign_in(guest_client(person), "eve")

    assert Run.objects.get(pk=run.pk).person.user is not None
    assert Run.objects.get(pk=run.pk).person.user.username == "ann"


def test_adopting_an_unsaved_guest_creates_the_accounts_person() -> None:
    user = make_user("ann")

    account = guest_adopt(guest=Person(), user=user)

    assert account == Person.objects.get(user=user)


def test_tags_of_the_same_name_become_one(person: Person) -> None:
    user = make_user("ann")
    account = Person.objects.create(user=user)
    for owner, title in ((person, "guest's"), (account, "account's")):
        prompt = make_prompt(owner, title)
        prompt.tags.set(
            [Tag.objects.create(person=owner, name=name) for name in ("both", title[:5])]
        )

    guest_adopt(guest=person, user=user)

    tags = {tag.name: tag for tag in Tag.objects.filter(person=account)}
    assert set(tags) == {"both", "guest", "accou"}
    assert Tag.objects.count() == 3
    assert tags["both"].prompts.count() == 2
    assert tags["guest"].prompts.get().title == "guest's"


def test_drafts_of_the_same_page_are_both_kept(person: Person) -> None:
    user = make_user("ann")
    account = Person.objects.create(user=user)
    prompt = make_prompt(person)
    draft(account, "the account's")
    draft(person, "the guest's")
    draft(person, "of a prompt", prompt=prompt)

    guest_adopt(guest=person, user=user)

    kept = {d.state["text"]: d.is_copy for d in Draft.objects.filter(person=account)}
    assert kept == {"the account's": False, "the guest's": True, "of a prompt": False}


def test_links_still_work_and_words_are_found_after_the_move(person: Person) -> None:
    user = make_user("ann")
    account = Person.objects.create(user=user)
    prompt = make_prompt(person)
    share = Share.objects.create(person=person, prompt=prompt)
    search.put(kind="prompt", object_id=prompt.pk, owner=person.pk, words=search.words("a red fox"))

    guest_adopt(guest=person, user=user)

    assert Share.objects.get(token=share.token).prompt.person == account
    found = search.matching(kind="prompt", owner=account.pk, query="fox")
    assert list(found) == [prompt.pk]


def test_words_are_found_after_signing_up(person: Person) -> None:
    search.put(kind="prompt", object_id=person.pk, owner=person.pk, words=search.words("a red fox"))

    account = guest_adopt(guest=person, user=make_user("ann"))

    assert list(search.matching(kind="prompt", owner=account.pk, query="fox")) == [person.pk]


def test_a_failed_merge_changes_nothing(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("ann")
    Person.objects.create(user=user)
    run = make_run(person)

    def fail(**arguments: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr(search, "hand_over", fail)
    with pytest.raises(RuntimeError):
        guest_adopt(guest=person, user=user)

    assert Run.objects.get(pk=run.pk).person == person
    assert Person.objects.filter(pk=person.pk).exists()
