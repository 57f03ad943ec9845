"""The tables of a step that the host passes to the kernels."""

import torch

from workers.engine.backends.cuda.step_tables import step_tables, to_device
from workers.engine.backends.interface import Span

SPANS = [
    Span(0, 40, 1, [7, 4, 99]),
    Span(1, 30, 70, [2, 5, 0, 3, 98]),
    Span(71, 0, 2, range(9, 12)),
]


def test_every_row_has_its_position_and_place() -> None:
    rows = step_tables(SPANS, 64).rows.tolist()

    assert len(rows) == 73
    assert rows[0] == [40, 4 * 32 + 8]
    assert rows[1:5] == [[30, 2 * 32 + 30], [31, 2 * 32 + 31], [32, 5 * 32], [33, 5 * 32 + 1]]
    assert rows[70] == [99, 3 * 32 + 3]
    assert rows[71:] == [[0, 9 * 32], [1, 9 * 32 + 1]]


def test_single_rows_are_separate_from_chunks_and_chunks_are_split() -> None:
    tables = step_tables(SPANS, 64)

    assert tables.tables.tolist() == [7, 4, 2, 5, 0, 3, 9]
    assert tables.singles.tolist() == [[0, 41, 0]]
    assert tables.tiles.tolist() == [[1, 64, 30, 2], [65, 6, 94, 2], [71, 2, 0, 6]]
    assert step_tables(SPANS, None).tiles.tolist() == [[1, 70, 30, 2], [71, 2, 0, 6]]


def test_parts_on_the_device_begin_at_16_bytes_and_empty_ones_stay_empty(
    device: torch.device,
) -> None:
    tables = step_tables(SPANS[:1], 64)

    parts = to_device(tables.parts, device)

    assert [part.tolist() for part in parts] == [part.tolist() for part in tables.parts]
    assert [part.data_ptr() % 16 for part in parts if part.numel()] == [0, 0, 0]
    assert parts[2].shape == (0, 4)
