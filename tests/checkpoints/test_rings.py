"""Rings, as they are in Redis until a worker takes them."""

import json

import redis

from playground.checkpoints.jobs import GENERATE, Job
from playground.checkpoints.rings import ring, rings_waiting

OTHER = Job(name="other", worker_prefix="other-")


def test_a_ring_is_in_the_list_of_its_job_and_queue(redis_client: redis.Redis) -> None:
    ring(GENERATE, "tiny")

    assert redis_client.llen("generate.tiny") == 1
    assert rings_waiting(GENERATE, "tiny") == 1
    assert rings_waiting(GENERATE, "huge") == 0
    assert rings_waiting(OTHER, "tiny") == 0


def test_a_ring_has_only_its_task_and_its_queue(redis_client: redis.Redis) -> None:
    ring(OTHER, "tiny")

    message = json.loads(redis_client.lrange("other.tiny", 0, 0)[0])
    assert message["headers"]["task"] == "other"
    assert message["headers"]["argsrepr"] == "['tiny']"
