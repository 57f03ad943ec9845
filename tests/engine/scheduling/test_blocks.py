"""The cache's bookkeeping: counting, finding and freeing blocks."""

import pytest

from workers.engine.scheduling.blocks import BLOCK, BlockPool, block_key, common_start, root_key

ROOT = root_key()
FULL = tuple(range(BLOCK))


def pool_of(capacity: int, promised: int | None = None) -> BlockPool:
    pool = BlockPool(capacity)
    pool.promised = capacity if promised is None else promised
    return pool


def test_low_numbers_are_taken_first_and_blocks_are_returned() -> None:
    pool = pool_of(3)

    taken = [pool.take(), pool.take()]

    assert taken == [0, 1]
    assert (pool.used, pool.idle, pool.promised, pool.unpromised) == (2, 0, 1, 0)
    pool.release(taken)
    assert (pool.used, pool.unpromised) == (0, 2)


def test_taking_more_blocks_than_promised_is_refused() -> None:
    pool = pool_of(3, promised=1)
    pool.take()

    with pytest.raises(ValueError, match="promised"):
        pool.take()


def test_a_full_block_is_found_by_its_text_and_the_text_before_it() -> None:
    pool = pool_of(2)
    first, second = pool.take(), pool.take()
    pool.record(first, ROOT, FULL)
    after = block_key(ROOT, FULL)
    pool.record(second, after, FULL)

    assert pool.find_key(after) == first
    assert pool.find_key(block_key(after, FULL)) == second
    assert pool.find_key(block_key(after, (*FULL[:-1], 99))) is None
    assert pool.find_key(block_key(root_key("an adapter"), FULL)) is None


def test_unused_blocks_stay_until_room_is_needed_and_the_oldest_goes_first() -> None:
    pool = pool_of(3)
    blocks = [pool.take() for _ in range(3)]
    texts = [tuple(range(base, base + BLOCK)) for base in (0, 100, 200)]
    for block, text in zip(blocks, texts, strict=True):
        pool.record(block, ROOT, text)
    pool.release([blocks[1]])
    pool.release([blocks[0]])
    assert (pool.used, pool.idle, pool.unpromised) == (1, 2, 2)

    pool.promised = 1
    assert pool.take() == blocks[1]

    assert pool.evicted == 1
    assert pool.find_key(block_key(ROOT, texts[1])) is None
    assert pool.find_key(block_key(ROOT, texts[0])) == blocks[0]


def test_the_end_of_a_text_is_freed_before_its_beginning() -> None:
    pool = pool_of(2)
    blocks = [pool.take(), pool.take()]
    pool.record(blocks[0], ROOT, FULL)
    pool.record(blocks[1], block_key(ROOT, FULL), FULL)
    pool.release(blocks)

    pool.promised = 1

    assert pool.take() == blocks[1]


def test_a_shared_block_is_held_until_its_last_user_releases_it() -> None:
    pool = pool_of(1)
    block = pool.take()
    pool.record(block, ROOT, FULL)
    pool.release([block])
    assert pool.is_idle(block)

    pool.share(block)
    pool.share(block)
    pool.release([block])

    assert (pool.used, pool.idle, pool.unpromised) == (1, 0, 0)
    pool.release([block])
    assert (pool.used, pool.idle) == (0, 1)


def test_a_started_block_is_found_as_far_as_it_agrees() -> None:
    pool = pool_of(3)
    short, longer, other = pool.take(), pool.take(), pool.take()
    pool.record(short, ROOT, (1, 2, 3))
    pool.record(longer, ROOT, (1, 2, 3, 4, 5))
    pool.record(other, block_key(ROOT, FULL), (1, 2, 3, 4, 5, 6))

    assert pool.find_start(ROOT, [1, 2, 3, 4, 9]) == (longer, 4)
    assert pool.find_start(ROOT, [1, 7])[1] == 1
    assert pool.find_start(ROOT, [2, 1])[1] == 0


def test_a_text_that_two_sequences_computed_is_found_once() -> None:
    pool = pool_of(2)
    first, second = pool.take(), pool.take()
    pool.record(first, ROOT, FULL)
    pool.record(second, ROOT, FULL)

    pool.release([second])

    assert pool.find_key(block_key(ROOT, FULL)) == first
    assert (pool.idle, pool.unpromised) == (0, 1)


def test_invalid_blocks_are_not_found_again() -> None:
    pool = pool_of(2)
    blocks = [pool.take(), pool.take()]
    pool.record(blocks[0], ROOT, FULL)
    pool.record(blocks[1], block_key(ROOT, FULL), (1, 2))

    pool.release(blocks, forget=True)

    assert pool.find_key(block_key(ROOT, FULL)) is None
    assert pool.find_start(block_key(ROOT, FULL), [1, 2])[1] == 0
    assert (pool.idle, pool.used) == (0, 0)


def test_common_start() -> None:
    assert common_start([1, 2, 3], [1, 2, 4]) == 2
    assert common_start([1], [1, 2]) == 1
    assert common_start([], [1]) == 0
