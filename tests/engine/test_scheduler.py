"""Decisions about steps, without a model."""

from workers.engine.request import Request, SamplingParams
from workers.engine.scheduler import CHUNK, Scheduler, Sequence
from workers.engine.text import TextStream, Vocabulary

VOCABULARY = Vocabulary({0: b"a", 1: b""}, 1)


def sequence(prompt: int, max_tokens: int = 10, generated: int = 0) -> Sequence:
    params = SamplingParams(max_tokens=max_tokens)
    request = Request(f"{prompt}", (0,) * prompt, params, (0,) * generated)
    return Sequence(request, [0] * (prompt + generated), TextStream(VOCABULARY))


def advance(scheduler: Scheduler, now: float = 0.0) -> list[tuple[str, int, int, bool, bool]]:
    """One step: what ran, with every sampled sequence given a token."""
    work = scheduler.plan(now)
    for item in work:
        item.sequence.computed = item.start + item.count
        if item.samples:
            item.sequence.ids.append(0)
            scheduler.sampled(item.sequence, now)
    return [(w.sequence.id, w.start, w.count, w.samples, w.row_by_row) for w in work]


def test_prompt_enters_in_aligned_chunks_and_then_decodes() -> None:
    scheduler = Scheduler(max_batch=2)
    scheduler.add(sequence(2 * CHUNK + 5))

    steps = [advance(scheduler)[0][1:] for _ in range(4)]

    assert steps == [
        (0, CHUNK, False, False),
        (CHUNK, CHUNK, False, False),
        (2 * CHUNK, 5, True, False),
        (2 * CHUNK + 5, 1, True, True),
    ]


def test_resumed_tokens_run_row_by_row_after_the_prompt() -> None:
    scheduler = Scheduler(max_batch=2)
    scheduler.add(sequence(10, max_tokens=400, generated=CHUNK))

    steps = [advance(scheduler)[0][1:] for _ in range(4)]

    assert steps == [
        (0, 10, False, False),
        (10, CHUNK - 10, False, True),
        (CHUNK, 10, True, True),
        (CHUNK + 10, 1, True, True),
    ]


def test_decoding_goes_on_beside_prompts() -> None:
    scheduler = Scheduler(max_batch=8)
    scheduler.add(sequence(3))
    advance(scheduler)
    for length in (300, 301, 302):
        scheduler.add(sequence(length))

    ran = advance(scheduler)

    assert ran[0][0] == "3"
    assert [name for name, *_ in ran[1:]] == ["300", "301"], "more prompt rows than the budget"


def test_first_come_first_served_by_slots_and_cache() -> None:
    scheduler = Scheduler(max_batch=2, cache_positions=100)
    first, second, third = sequence(50, 10), sequence(45, 10), sequence(1, 1)
    for each in (first, second, third):
        scheduler.add(each)

    advance(scheduler)
    assert scheduler.live == [first]
    assert scheduler.reserved == 59
    scheduler.remove(first)
    advance(scheduler)

    assert scheduler.live == [second, third]


def test_next_time_follows_what_is_held() -> None:
    scheduler = Scheduler(max_batch=1, interval=0.5)
    assert scheduler.next_time() is None
    scheduler.add(sequence(3))
    scheduler.add(sequence(4))
    assert scheduler.next_time() == float("-inf")

    advance(scheduler, now=10.2)

    assert scheduler.next_time() == 11.0
    assert scheduler.plan(10.9) == []
    assert len(scheduler.plan(11.0)) == 1
