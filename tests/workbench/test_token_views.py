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


@pytest.mark.django_db
def test_texts_are_split_into_tokens_that_cover_them(client: Client) -> None:
    texts = ["Hello  world\n", "😀 café", ""]
    answer = client.post("/models/split/", {"text": texts, "model": "tiny"})

    hello, faces, nothing = answer.json()["texts"]
    assert [start for _, start, _ in hello[1:]] == [end for _, _, end in hello[:-1]]
    assert (hello[0][1], hello[-1][2]) == (0, len(texts[0]))
    # Scripts count the face as two, and its four tokens share it.
    assert [token[1:] for token in faces[:5]] == [*[[0, 2]] * 4, [2, 3]]
    assert faces[-1][1:] == [6, 7]
    assert nothing == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "posted",
    [
        {},
        {"text": ["a"] * 65},
        {"text": "a" * 40_001},
        {"text": ["a" * 20_001, "a" * 20_000]},
        {"text": "a", "model": "none"},
    ],
)
def test_what_cannot_be_split_is_refused(client: Client, posted: dict[str, object]) -> None:
    assert client.post("/models/split/", posted).status_code == 400


@pytest.mark.django_db
def test_splitting_a_text_is_no_address_to_open(client: Client) -> None:
    assert client.get("/models/split/").status_code == 405
