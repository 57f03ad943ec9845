"""The command lines of the parts, and the fixed names of workers."""

import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from playground.checkpoints.jobs import GENERATE, JOBS, Job
from playground.management.parts import (
    WorkerPlan,
    web_part,
    worker_command,
    worker_lock,
    worker_part,
)


def test_a_worker_keeps_its_name() -> None:
    assert GENERATE.worker_name("gpt-j-6b", "cuda:1", "host") == "gpt-j-6b-cuda1@host"
    assert GENERATE.worker_name("demo", "cpu") == f"demo-cpu@{socket.gethostname()}"


def test_each_job_has_its_own_process_and_workers() -> None:
    other = Job(name="other", worker_prefix="other-")
    plan = WorkerPlan(job=other, model="demo", device="cpu")

    assert plan.name == f"other-demo-cpu@{socket.gethostname()}"
    assert plan.part_name == "worker other-demo"
    command = worker_command(job=other, model="demo", device="cpu", name=plan.name)
    assert command[1:3] == ["-m", "workers.other.main"]


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)
def test_the_module_of_each_job_exists(job: Job) -> None:
    command = worker_command(job=job, model="demo", device="cpu", name="demo-cpu@host")

    assert find_spec(command[2]) is not None


def test_an_unknown_job_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        CommandError,
        match=r"invalid choice: 'fly' \(choose from '?generate'?, '?finetune'?, '?check'?\)",
    ):
        call_command("worker", "fly", "--model", "tiny")


def test_two_processes_cannot_share_a_name(tmp_path: Path) -> None:
    held = worker_lock(tmp_path, "demo-cpu@host")
    held.acquire()

    code = (
        "import sys; from pathlib import Path; from playground.management.parts import worker_lock"
        "\nworker_lock(Path(sys.argv[1]), 'demo-cpu@host').acquire()"
    )
    other = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        env={"DJANGO_SETTINGS_MODULE": "tests.settings", "PATH": ""},
        cwd=Path(__file__).parents[2],
    )
    held.release()

    assert other.returncode == 1
    assert "LockTaken" in other.stderr


def test_a_name_stays_in_the_folder_of_locks(tmp_path: Path) -> None:
    assert worker_lock(tmp_path, "../../etc/passwd").path.parent == tmp_path / "workers"


def test_slots_are_passed_on_only_when_given() -> None:
    command = worker_command(
        job=GENERATE, model="demo", device="cpu", name="demo-cpu@host", slots=3
    )

    assert command[-2:] == ["--slots", "3"]
    assert "--slots" not in worker_command(
        job=GENERATE, model="demo", device="cpu", name="demo-cpu@host"
    )


def test_a_socket_carries_at_most_64_kib_uncompressed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = list(web_part(listener, verbose=False).command)

    assert command[command.index("--ws-max-size") + 1] == "65536"
    assert command[command.index("--ws-per-message-deflate") + 1] == "false"


def test_parts_log_only_warnings_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = worker_lock(tmp_path, "demo")
    lock.acquire()
    monkeypatch.delenv("LOG_LEVEL", raising=False)

    def level(verbose: bool) -> str:
        plan = WorkerPlan(job=GENERATE, model="demo", device="cpu")
        part = worker_part(plan, lock=lock, verbose=verbose)
        return (part.environ or {})["LOG_LEVEL"]

    assert (level(False), level(True)) == ("WARNING", "INFO")
    monkeypatch.setenv("LOG_LEVEL", "ERROR")
    assert level(True) == "ERROR"
    lock.release()


def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(CommandError, match=r"There is no model “huge” here\. Choose one of: tiny"):
        call_command("worker", "--model", "huge")


def test_a_worker_needs_a_slot() -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("worker", "--model", "tiny", "--slots", "0")
