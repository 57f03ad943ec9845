"""The messages that a page may send, and how they are read."""

import json
import uuid

import pytest

from playground.live.messages import MAX_CHOICES, FollowRequest, error_event, read_message

ID = uuid.UUID("11111111-1111-1111-1111-111111111111")


def read(**values: object) -> FollowRequest | None:
    message = read_message(json.dumps({"type": "follow", **values}))
    return message.request if message else None


def test_a_run_is_a_topic_by_its_short_and_its_general_name() -> None:
    expected = FollowRequest("run", ID, epoch=2, starts=(5,))

    assert read(run=str(ID), epoch=2, **{"from": 5}) == expected
    assert read(topic=f"run:{ID}", epoch=2, **{"from": 5}) == expected
    assert expected.topic == f"run:{ID}"


def test_without_a_position_following_begins_at_the_first() -> None:
    assert read(run=str(ID)) == FollowRequest("run", ID, epoch=1, starts=(1,))


def test_each_choice_has_its_own_position() -> None:
    assert read(run=str(ID), **{"from": [5, 1, 3]}) == FollowRequest("run", ID, 1, (5, 1, 3))


def test_a_topic_may_belong_to_the_whole_site() -> None:
    request = read(topic="queue")

    assert request == FollowRequest("queue", None)
    assert request is not None
    assert request.topic == "queue"


def test_ids_are_written_in_one_form() -> None:
    request = read(run=f"{{{ID.hex.upper()}}}")

    assert request is not None
    assert request.topic == f"run:{ID}"


@pytest.mark.parametrize(
    "starts", [[], [0], ["1"], [1, True], [[1]], {"0": 1}, None, [1] * (MAX_CHOICES + 1)]
)
def test_an_invalid_position_is_refused(starts: object) -> None:
    assert read(run=str(ID), **{"from": starts}) is None


@pytest.mark.parametrize(
    "topic", ["", ":", "run:", "run:7", f"RUN:{ID}", f"run:{ID}:1", f"a b:{ID}", "a" * 33, 7, None]
)
def test_an_invalid_topic_is_refused(topic: object) -> None:
    assert read(topic=topic) is None


def test_an_error_names_a_run_by_id_and_any_other_topic_by_name() -> None:
    of_run = json.loads(error_event(f"run:{ID}", code="c", message="m"))
    of_other = json.loads(error_event("queue", code="c", message="m"))

    assert of_run == {"type": "error", "code": "c", "message": "m", "run": str(ID)}
    assert of_other == {"type": "error", "code": "c", "message": "m", "topic": "queue"}
