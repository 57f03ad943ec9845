"""A job's folder gets its three files."""

import json
from pathlib import Path

from tests.training.tuning.evaluation.tiny import opener, topic_models, topic_pairs
from workers.training.tuning.evaluation.budget import Limits
from workers.training.tuning.evaluation.job import write_results_of_job


def write_rows(path: Path, pairs: list[tuple[str, str]]) -> None:
    lines = [
        {"row": number, "line": number, "prompt": prompt, "completion": completion}
        for number, (prompt, completion) in enumerate(pairs, start=1)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def test_a_job_gets_evaluation_table_and_card(tmp_path: Path) -> None:
    base, tuned = topic_models()
    write_rows(tmp_path / "train.jsonl", topic_pairs(12, seed=1))
    write_rows(tmp_path / "held_out.jsonl", topic_pairs(8, seed=2))
    (tmp_path / "record.jsonl").write_text('{"n": 1, "kind": "step", "step": 1, "loss": 2.5}\n')

    evaluation = write_results_of_job(
        tmp_path,
        task="classification",
        options={"rank": 32},
        base_name="demo",
        dataset_sha256="ab" * 32,
        base=opener(base),
        tuned=opener(tuned),
        limits=Limits(outputs=3),
    )

    stored = json.loads((tmp_path / "result" / "evaluation.json").read_text(encoding="utf-8"))
    assert stored["verdict"]["sentence"] == evaluation.verdict.sentence
    assert len(stored["outputs"]) == 3
    assert "2.5" in (tmp_path / "result" / "results.csv").read_text(encoding="utf-8-sig")
    card = (tmp_path / "result" / "card.md").read_text(encoding="utf-8")
    assert "its end is ` T:`" in card


def test_a_job_without_held_out_rows_has_a_card_too(tmp_path: Path) -> None:
    base, _ = topic_models()
    write_rows(tmp_path / "train.jsonl", topic_pairs(3, seed=1))
    (tmp_path / "record.jsonl").touch()

    evaluation = write_results_of_job(
        tmp_path,
        task="classification",
        options={},
        base_name="demo",
        dataset_sha256="ab",
        base=opener(base),
        tuned=opener(base),
    )

    assert evaluation.verdict.outcome == "unclear"
    assert (tmp_path / "result" / "card.md").exists()
