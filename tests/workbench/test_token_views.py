"""The texts of tokens by their ids."""

import pytest
from django.test import Client


@pytest.mark.django_db
def test_texts_of_tokens_are_returned_by_id(client: Client) -> None:
    answer = client.get("/models/tokens/", {"ids": "65,66"})

    assert answer.status_code == 200
    assert set(answer.json()["texts"]) == {"65", "66"}


@pytest.mark.django_db
@pytest.mark.parametrize("ids", ["", "a", "1,,2", "-1", "²", "9" * 8, ",".join(["1"] * 65)])
def test_anything_else_is_refused(client: Client, ids: str) -> None:
    assert client.get("/models/tokens/", {"ids": ids}).status_code == 400


@pytest.mark.django_db
def test_an_unknown_model_is_refused(client: Client) -> None:
    assert client.get("/models/tokens/", {"ids": "1", "model": "none"}).status_code == 400
