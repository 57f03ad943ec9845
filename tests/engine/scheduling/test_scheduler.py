"""Decisions about steps, without a model."""

from workers.engine.request import Request, SamplingParams
from workers.engine.scheduling.blocks import BLOCK, BlockPool, root_key
from workers.engine.scheduling.scheduler import Scheduler
from workers.engine.scheduling.sequence import Sequence
from workers.engine.text import TextStream, Vocabulary

VOCABULARY = Vocabulary({0: b"a", 1: b""}, 1)


def sequence(
    prompt: int, max_tokens: int = 10, generated: int = 0, *, first: int = 0, name: str = ""
) -> Sequence:
    """A prompt of the tokens first, first + 1, ...; different firsts have no tokens in common."""
    ids = tuple(range(first, first + prompt + generated))
    request = Request(
        name or str(prompt), ids[:prompt], SamplingParams(max_tokens=max_tokens), ids[prompt:]
    )
    return Sequence(request, 0, list(ids), TextStream(VOCABULARY), root_key())


def scheduler_of(max_batch: int = 8, blocks: int = 1000, **options: object) -> Scheduler:
    return Scheduler(max_batch=max_batch, pool=BlockPool(blocks), **options)  # type: ignore[arg-type]


def advance(scheduler: Scheduler, now: float = 0.0) -> list[tuple[str, int, int, bool, bool]]:
    """Runs one step: returns what ran, and gives every sampled sequence a token."""
    plan = scheduler.plan(now)
    for item in plan.work:
        scheduler.record_rows(item)
        if item.samples:
            item.sequence.ids.append(7_000 + len(item.sequence.ids))
            scheduler.schedule_next(item.sequence, now)
    return [(w.sequence.request.id, w.start, w.count, w.samples, w.row_by_row) for w in plan.work]


def rows_run(scheduler: Scheduler) -> dict[str, int]:
    """The number of rows of each request that ran in one step."""
    return {name: count for name, _, count, _, _ in advance(scheduler)}


# -- chunks --------------------------------------------------------------------------------------


def test_prompt_enters_in_chunks_and_then_decodes() -> None:
    scheduler = scheduler_of()
    scheduler.add(sequence(2 * 256 + 5))

    steps = [advance(scheduler)[0][1:] for _ in range(4)]

    assert steps == [
        (0, 256, False, False),
        (256, 256, False, False),
        (2 * 256, 5, True, False),
        (2 * 256 + 5, 1, True, True),
    ]


def test_resumed_tokens_run_row_by_row_after_the_prompt() -> None:
    scheduler = scheduler_of()
    scheduler.add(sequence(10, max_tokens=400, generated=300))

    steps = [advance(scheduler)[0][1:] for _ in range(4)]

    assert steps == [
        (0, 10, False, False),
        (10, 246, False, True),
        (256, 54, True, True),
        (310, 1, True, True),
    ]


def test_a_long_prompt_enters_in_parts_beside_decoding_sequences() -> None:
    scheduler = scheduler_of()
    scheduler.add(sequence(3, name="decoding"))
    advance(scheduler)
    scheduler.add(sequence(1000, first=2000, name="long"))
    # A row costs a twentieth of the fixed cost of a step.
    for rows in (1, 100, 1, 50):
        scheduler.cost.observe(rows, 0.020 + 0.001 * rows)

    rows = rows_run(scheduler)

    assert rows["decoding"] == 1
    # 1.5 times (20 rows' worth and the one that decodes), in whole blocks.
    assert rows["long"] == 32 // scheduler.grid * scheduler.grid
    fine = scheduler_of(grid=8)
    fine.cost = scheduler.cost
    fine.add(sequence(3, name="decoding"))
    advance(fine)
    fine.add(sequence(1000, first=2000, name="long"))
    assert rows_run(fine)["long"] in (24, 32)


def test_a_slow_model_takes_prompts_in_smaller_parts_even_alone() -> None:
    scheduler = scheduler_of(grid=8)
    for rows in (1, 33, 65):
        scheduler.cost.observe(rows, 0.4 + 0.04 * rows)

    scheduler.add(sequence(1000, name="long"))

    assert rows_run(scheduler)["long"] == 40


def test_short_prompts_overtake_a_long_one_that_still_progresses() -> None:
    scheduler = scheduler_of()
    scheduler.add(sequence(2000, name="long"))
    scheduler.add(sequence(100, first=3000, name="hundred"))
    scheduler.add(sequence(40, first=4000, name="forty"))

    first, second = rows_run(scheduler), rows_run(scheduler)

    assert first == {"forty": 40, "hundred": 100, "long": 96}
    assert second["long"] >= BLOCK
    assert {"forty", "hundred"} <= set(second)


def test_no_prompt_starves_however_many_short_ones_arrive() -> None:
    scheduler = scheduler_of(max_batch=4)
    scheduler.add(sequence(640, name="long"))
    done = 0

    for number in range(20):
        newcomer = sequence(200, first=10_000 * (number + 1), name=f"short {number}")
        scheduler.add(newcomer)
        done += rows_run(scheduler).get("long", 0)
        for live in [s for s in scheduler.live if s.request.id.startswith("short")]:
            scheduler.remove(live)

    assert done >= 640


# -- room ----------------------------------------------------------------------------------------


def test_first_come_first_served_by_slots_and_cache() -> None:
    scheduler = scheduler_of(max_batch=2, blocks=4)
    first, second, third = sequence(50, 10), sequence(60, 10, first=100), sequence(1, 1, first=300)
    for each in (first, second, third):
        scheduler.add(each)

    advance(scheduler)
    assert scheduler.live == [first]
    assert scheduler.pool.unpromised == 2
    scheduler.remove(first)
    advance(scheduler)

    assert scheduler.live == [second, third]


def test_room_is_reserved_for_all_tokens_of_a_sequence() -> None:
    scheduler = scheduler_of(blocks=10)
    greedy = sequence(10, 10 * BLOCK - 9, name="greedy")
    scheduler.add(greedy)
    scheduler.add(sequence(1, 1, first=500, name="small"))

    seen = [advance(scheduler) for _ in range(9 * BLOCK)]

    assert all(name == "greedy" for step in seen for name, *_ in step)
    scheduler.remove(greedy)
    assert [name for name, *_ in advance(scheduler)] == ["small"]


def test_removing_a_sequence_frees_all_its_room() -> None:
    scheduler = scheduler_of(blocks=10)
    sequences = [sequence(70, 40), sequence(30, 5, first=900)]
    for each in sequences:
        scheduler.add(each)
    advance(scheduler)

    for each in sequences:
        scheduler.remove(each)

    assert (scheduler.pool.used, scheduler.pool.promised, scheduler.pool.unpromised) == (0, 0, 10)


# -- shared text ---------------------------------------------------------------------------------


def test_cached_text_is_not_computed_again() -> None:
    scheduler = scheduler_of()
    first = sequence(100, name="first")
    scheduler.add(first)
    advance(scheduler)
    scheduler.remove(first)

    scheduler.add(sequence(100, name="again"))
    (again,) = advance(scheduler)

    assert again == ("again", 99, 1, True, False), "all but the row whose logits are wanted"
    assert scheduler.reused == 99


def test_a_prompt_that_differs_inside_a_block_reuses_the_equal_part() -> None:
    scheduler = scheduler_of()
    first = sequence(100, name="first")
    scheduler.add(first)
    advance(scheduler)

    branch = sequence(80, name="branch")
    branch.ids[50:] = range(500, 530)
    scheduler.add(branch)
    plan = scheduler.plan(0.0)

    item = next(w for w in plan.work if w.sequence is branch)
    assert (item.start, item.count) == (50, 30)
    assert plan.copies == [(first.blocks[1], branch.blocks[1])]
    assert branch.blocks[0] == first.blocks[0]


def test_a_shared_beginning_is_computed_once() -> None:
    scheduler = scheduler_of()
    names = ["a", "b", "c", "d"]
    for name in names:
        scheduler.add(sequence(90, name=name))

    first, second = rows_run(scheduler), rows_run(scheduler)

    assert first == {"a": 90}
    assert second == {"a": 1, "b": 1, "c": 1, "d": 1}


def test_a_finished_answer_is_reused_by_its_continuation() -> None:
    scheduler = scheduler_of()
    first = sequence(40, 30, name="first")
    scheduler.add(first)
    for _ in range(30):
        advance(scheduler)
    scheduler.remove(first)
    longer = sequence(80, name="longer")
    longer.ids = [*first.ids[:-1], *range(9000, 9000 + 80 - len(first.ids) + 1)]

    scheduler.add(longer)
    (item,) = scheduler.plan(0.0).work

    assert item.start == 69


def test_different_adapters_share_no_text() -> None:
    scheduler = scheduler_of()
    base = sequence(90, name="base")
    scheduler.add(base)
    advance(scheduler)
    scheduler.remove(base)
    tuned = sequence(90, name="tuned")
    tuned.root = root_key("digest")

    scheduler.add(tuned)

    assert rows_run(scheduler)["tuned"] == 90


def test_without_sharing_everything_is_computed() -> None:
    scheduler = scheduler_of(shares=False)
    for name in "ab":
        scheduler.add(sequence(90, name=name))

    assert rows_run(scheduler) == {"a": 90, "b": 90}


def test_invalid_text_is_not_shared() -> None:
    scheduler = scheduler_of()
    spoilt = sequence(90, name="spoilt")
    scheduler.add(spoilt)
    advance(scheduler)
    scheduler.remove(spoilt, spoilt=True)

    scheduler.add(sequence(90, name="next"))

    assert rows_run(scheduler) == {"next": 90}


# -- pace ----------------------------------------------------------------------------------------


def test_the_next_time_follows_the_running_sequences() -> None:
    scheduler = scheduler_of(max_batch=1, interval=0.5)
    assert scheduler.next_time() is None
    scheduler.add(sequence(3))
    scheduler.add(sequence(4, first=50))
    assert scheduler.next_time() == float("-inf")

    advance(scheduler, now=10.2)

    assert scheduler.next_time() == 11.0
    assert not scheduler.plan(10.9)
    assert len(scheduler.plan(11.0).work) == 1
