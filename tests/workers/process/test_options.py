"""A worker whose name does not fit into its row says so and does not start."""

import pytest

from workers.generate.process import run_worker


@pytest.mark.parametrize(("option", "most"), [("--name", 120), ("--device", 40)])
def test_a_name_that_does_not_fit_is_reported(
    option: str, most: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_worker(["--model", "tiny", "--name", "w", option, "x" * (most + 1)]) == 2

    said = capsys.readouterr().err
    assert said == f"{option} has {most + 1} characters; {most} is the most. Give a shorter one.\n"
