"""A score in a worker: the engine's numbers reach the row, and a failure does with its reason."""

import math

import pytest

from playground.accounts.models import Person
from playground.checkpoints.models import Adapter
from playground.checkpoints.registry import registry
from playground.scores.models import Score
from tests.support.registry import random_checkpoint
from workers.engine.checkpoint.spec import CheckpointSpec
from workers.engine.engine import Engine
from workers.engine.errors import NonFiniteLogits
from workers.engine.scoring import TokenScore
from workers.generate.run import serve_ring
from workers.generate.scoring import LEAST_LOGPROB, TOP, result_of, score_next
from workers.generate.serving import Serving
from workers.generate.tuned_models import TunedModels
from workers.process.options import Options

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis_client")]

IDS = [*range(65, 90)]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    checkpoint = random_checkpoint(tmp_path_factory.getbasetemp() / "random-checkpoint")
    return Engine.load(CheckpointSpec(checkpoint), max_batch=2, cache_bytes=8 << 20)


@pytest.fixture
def serving(engine: Engine) -> Serving:
    """A worker that holds the engine and runs no thread."""
    serving = Serving(Options(name="one", spec=registry().get("tiny"), device="cpu", slots=2))
    serving.engine, serving.tuned_models = engine, TunedModels(engine, most=1)
    return serving


def make_score(person: Person, ids: list[int] = IDS, adapter: Adapter | None = None) -> Score:
    return Score.objects.create(person=person, model="tiny", ids=ids, adapter=adapter)


def test_each_token_gets_its_logprob_and_the_likeliest_tokens(
    serving: Serving, engine: Engine, person: Person
) -> None:
    score = make_score(person)

    assert score_next(serving)

    score.refresh_from_db()
    assert (score.status, score.error_message) == ("succeeded", "")
    assert [logprob for logprob, _ in score.result[1:]] == pytest.approx(
        [token.logprob for token in engine.score(IDS)[1:]], abs=1e-3
    )
    assert score.result[0] == [None, []]
    assert all(len(top) == TOP for _, top in score.result[1:])
    assert not score_next(serving)


def test_a_ring_serves_all_that_wait(serving: Serving, person: Person, stranger: Person) -> None:
    scores = [make_score(person), make_score(stranger), make_score(person)]

    serve_ring(serving)

    assert {Score.objects.get(pk=score.pk).status for score in scores} == {"succeeded"}


def test_a_worker_does_one_at_a_time(serving: Serving, person: Person) -> None:
    make_score(person)

    with serving.scoring:
        assert not score_next(serving)

    assert score_next(serving)


def test_tokens_that_the_model_lacks_fail_with_the_reason(serving: Serving, person: Person) -> None:
    score = make_score(person, ids=[65, 10**6])

    assert score_next(serving)

    score.refresh_from_db()
    assert (score.status, score.error_code) == ("failed", "token_out_of_range")
    assert "1000000" in score.error_message


def test_a_tuned_model_without_its_files_fails_with_the_reason(
    serving: Serving, person: Person, adapter: Adapter
) -> None:
    Adapter.objects.update(folder="gone")
    score = make_score(person, adapter=adapter)

    assert score_next(serving)

    score.refresh_from_db()
    assert score.status == "failed"
    assert "“Support answers” cannot be used" in score.error_message


def test_a_worker_that_stops_rates_nothing_by_the_base_of_a_tuned_model(
    serving: Serving, person: Person, adapter: Adapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = make_score(person, adapter=adapter)
    # The database does not answer, and the process stops meanwhile.
    monkeypatch.setattr("workers.generate.scoring.keep_trying", lambda _act, **_: None)
    monkeypatch.setattr(serving, "score", lambda *_, **__: pytest.fail("it was rated"))

    assert score_next(serving)

    score.refresh_from_db()
    assert score.status == "running"


def test_a_result_that_the_database_refuses_fails_with_the_reason(
    serving: Serving, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> bool:
        raise ValueError("too much")

    score = make_score(person)
    monkeypatch.setattr("workers.generate.scoring.score_finish", refuse)

    assert score_next(serving)

    score.refresh_from_db()
    assert (score.status, score.error_code) == ("failed", "storage_refused")


def test_scores_that_cannot_be_claimed_keep_no_run_waiting(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise ValueError("no such row")

    monkeypatch.setattr("workers.generate.scoring.score_claim", refuse)

    assert not score_next(serving)
    assert not serving.scoring.locked()


def test_numbers_fit_json() -> None:
    result = result_of([TokenScore(1, None), TokenScore(2, -math.inf, ((3, -0.123456),))])

    assert result == [[None, []], [LEAST_LOGPROB, [[3, -0.1235]]]]
    with pytest.raises(NonFiniteLogits):
        result_of([TokenScore(1, math.nan)])
