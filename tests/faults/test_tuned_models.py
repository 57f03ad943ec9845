"""A tuned model in use: beside its base, through the death of a worker, and while it is deleted."""

from tests.faults.undisturbed import PROMPT, expect_whole, undisturbed_text
from tests.support.part import wait_until
from tests.support.registering import folder_of_adapter, register_adapter
from tests.support.stack import Stack
from tests.support.visitor import Visitor

SETTINGS: dict[str, object] = {"max_tokens": 60}


def test_it_runs_beside_its_base_and_those_that_run_finish_when_it_is_deleted(
    stack: Stack, visitor: Visitor
) -> None:
    base_text = undisturbed_text(stack, **SETTINGS)
    base = visitor.run(PROMPT, **SETTINGS)
    name = register_adapter(stack, base, base="slow", title="Sea stories")
    files = folder_of_adapter(stack, name)
    assert files is not None
    # On both workers of the base, by one that dies and by others that do not.
    tuned = [visitor.run(PROMPT, model=name, **SETTINGS) for _ in range(3)]
    beside = visitor.run(PROMPT, **SETTINGS)
    with visitor.follow(tuned[0]) as viewer:
        viewer.until_tokens(10)
        stack.query("UPDATE checkpoints_adapter SET state = 'deleted' WHERE name = ?", name)
        stack.kill(stack.row(tuned[0])["worker"])
        refused = visitor.post("/free/run/", {"prompt": PROMPT, "model": name})
        assert (refused.status, "“Sea stories” was deleted" in refused.text) == (404, True)
        assert files.is_dir(), "a run that goes on needs them"

        viewer.until_final(timeout=30)

    (text,) = {str(stack.wait_final(run, timeout=30)["text"]) for run in tuned}
    expect_whole(stack, tuned[0], viewer.tokens, text)
    assert text != base_text
    for run in (base, beside):
        assert stack.wait_final(run, timeout=30)["text"] == base_text
    wait_until(lambda: folder_of_adapter(stack, name) is None, what="the files to go")
    assert not files.exists()
    page = visitor.get(f"/runs/{tuned[0]}/")
    assert (page.status, "Sea stories" in page.text) == (200, True)


def test_one_whose_files_are_damaged_fails_alone(stack: Stack, visitor: Visitor) -> None:
    beside = visitor.run(PROMPT, **SETTINGS)
    name = register_adapter(stack, beside, base="slow", title="Damaged", seed=2)
    files = folder_of_adapter(stack, name)
    assert files is not None
    weights = files / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])

    row = stack.wait_final(visitor.run(PROMPT, model=name, **SETTINGS))

    assert (row["status"], row["error_code"]) == ("failed", "adapter_corrupt")
    assert row["error_message"].startswith(
        "The tuned model “Damaged” cannot be used: adapter_model"
    )
    assert str(stack.var_dir) not in row["error_message"]
    assert stack.wait_final(beside)["status"] == "succeeded"
