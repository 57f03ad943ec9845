"""Soon after a deletion, no file of the playground has the text: not the database, its write-ahead
log, its search words, or the token log's append-only file."""

import json
import uuid
from pathlib import Path

from tests.faults.test_people_deleted import PASSWORD, sign_up
from tests.faults.undisturbed import PROMPT
from tests.support.part import wait_until
from tests.support.stack import Stack
from tests.support.visitor import Visitor

# A sweep and a busy machine.
ERASED_SECONDS = 60.0


def files_with(stack: Stack, *secrets: str) -> set[Path]:
    """The files that contain one of ``secrets``, in any case."""
    found = set()
    for file in stack.var_dir.rglob("*"):
        if not file.is_file():
            continue
        try:
            content = file.read_bytes().lower()
        except FileNotFoundError:
            # Valkey has replaced the file.
            continue
        if any(secret.lower().encode() in content for secret in secrets):
            found.add(file)
    return found


def wait_erased(stack: Stack, *secrets: str) -> None:
    """Waits until no file has any of ``secrets``.

    The pause after the erasure before is over: it only spares the disk (tests/core).
    """
    stack.query("UPDATE core_erasure SET not_before = datetime('now', '-1 seconds')")
    wait_until(
        lambda: not files_with(stack, *secrets),
        what=f"the files to hold nothing of {secrets}",
        timeout=ERASED_SECONDS,
        every=0.2,
    )


def secret_word(kind: str) -> str:
    """A word with a unique beginning, so that the search's files have all of its letters."""
    return f"z{kind}q{uuid.uuid4().hex}"


def import_run(visitor: Visitor, **values: object) -> str:
    """A finished run with that text; returns its id."""
    line = {
        "kind": "run",
        "version": 1,
        "id": str(uuid.uuid4()),
        "model": "slow",
        "template": "free",
        "status": "succeeded",
        "parameters": {"max_tokens": 16},
        "seed": 1,
        "created_at": "2026-03-01T12:00:00+00:00",
        **values,
    }
    boundary = uuid.uuid4().hex
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
        f"{visitor.cookies['csrftoken']}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="runs.jsonl"\r\n'
        f"Content-Type: application/jsonl\r\n\r\n{json.dumps(line)}\n\r\n--{boundary}--\r\n"
    )
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    answer = visitor.request("POST", "/history/import/", body.encode(), headers)
    assert answer.status == 303, answer.text
    return str(line["id"])


def test_a_deleted_run_is_in_no_file(stack: Stack, visitor: Visitor) -> None:
    prompt, text = secret_word("prompt"), secret_word("text")
    run = import_run(visitor, prompt=prompt, text=text)
    assert files_with(stack, prompt) & files_with(stack, text)

    assert visitor.post(f"/runs/{run}/delete/").status == 303

    wait_erased(stack, prompt, text)


def test_the_output_of_a_deleted_run_is_in_no_append_only_file(
    stack: Stack, visitor: Visitor
) -> None:
    run = visitor.run(PROMPT, max_tokens=8)
    stack.wait_final(run)
    # The key of its text is there; the fence against late writers stays for an hour.
    key = f"log:{run}:0"
    wait_until(lambda: bool(files_with(stack, key)), what="the text to be on the disk")

    assert visitor.post(f"/runs/{run}/delete/").status == 303

    wait_erased(stack, key)


def test_no_file_has_text_of_a_deleted_account(stack: Stack, visitor: Visitor) -> None:
    name = f"z{uuid.uuid4().hex[:20]}"
    words = ("title", "description", "tag", "message", "version", "draft", "prompt", "text")
    words += ("dataset", "rows")
    secrets = {kind: secret_word(kind) for kind in words}
    sign_up(visitor, name)
    form = {
        "prompt": secrets["version"],
        "model": "slow",
        "save_title": secrets["title"],
        "save_description": secrets["description"],
        "save_tags": secrets["tag"][:40],
        "save_message": secrets["message"],
    }
    secrets["tag"] = secrets["tag"][:40]
    assert visitor.post("/free/save/", form).status == 303
    draft = {"prompt": secrets["draft"], "draft_writer": "w", "draft_step": 1}
    assert visitor.post("/free/draft/", draft, Accept="application/json").status == 200
    import_run(visitor, prompt=secrets["prompt"], text=secrets["text"])
    dataset = {"text": secrets["rows"], "name": secrets["dataset"]}
    assert visitor.post("/datasets/paste/", dataset).status == 303
    for secret in secrets.values():
        assert files_with(stack, secret), secret

    assert visitor.post("/account/delete/", {"password": PASSWORD}).status == 303

    wait_erased(stack, name, *secrets.values())


def test_a_deleted_prompt_is_in_no_file(stack: Stack, visitor: Visitor) -> None:
    title, text = secret_word("title"), secret_word("text")
    saved = visitor.post("/free/save/", {"prompt": text, "model": "slow", "save_title": title})
    address = saved.headers["Location"].split("?")[0]
    assert files_with(stack, title) & files_with(stack, text)

    assert visitor.post(f"{address}archive/").status == 303
    assert visitor.post(f"{address}delete/").status == 303

    wait_erased(stack, title, text)
