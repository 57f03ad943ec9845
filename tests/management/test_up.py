"""``manage.py up`` as people run it: real processes, real signals.

One playground serves the tests that leave it alive, in the order of this file.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground.core.redis.valkey import EmbeddedValkey
from tests.management.conftest import Launcher, processes_of
from tests.management.place import READY, READY_SECONDS, Place
from tests.support.part import RunningPart
from tests.support.registry import random_checkpoint, write_registry
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return random_checkpoint(tmp_path_factory.mktemp("checkpoint") / "random")


@pytest.fixture
def place(tmp_path: Path, checkpoint: Path) -> Place:
    """A playground of the test's own, not started."""
    return Place(tmp_path, checkpoint).prepare()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, checkpoint: Path) -> Place:
    """The place of the playground that all these tests use."""
    return Place(tmp_path_factory.mktemp("home"), checkpoint).prepare()


@pytest.fixture(scope="module")
def up(home: Place) -> Iterator[RunningPart]:
    """A playground that is ready."""
    launcher = Launcher(home.folder)
    part = launcher("manage.py", "up", name="up", **home.environ)
    part.wait_for_line(READY, timeout=READY_SECONDS)
    yield part
    launcher.close()
    home.wait_empty()


def visitor_of(up: RunningPart) -> Visitor:
    return Visitor("127.0.0.1", int(up.wait_for_line(READY).rpartition(":")[2]))


def test_it_is_ready_when_a_worker_can_serve(up: RunningPart) -> None:
    answer = visitor_of(up).get("/readyz")

    assert answer.status == 200
    # Quiet: a few lines of its own, and none of its parts.
    assert [line for line in up.lines if " | " in line] == []


def test_the_web_part_comes_back_on_the_same_socket(up: RunningPart, home: Place) -> None:
    before = len(up.lines)

    os.kill(home.pid_of("uvicorn"), signal.SIGKILL)
    # Nobody is refused meanwhile: the socket is open, and the answer only comes later.
    answer = visitor_of(up).get("/healthz")

    assert answer.status == 200
    assert up.wait_for_line("^web was killed by SIGKILL; starting it again now", since=before)
    assert up.wait_for_line(READY, since=before)


def test_a_dead_worker_is_noticed_and_replaced(up: RunningPart, home: Place) -> None:
    before = len(up.lines)
    worker = home.pid_of("workers.generate.main")

    os.kill(worker, signal.SIGKILL)

    up.wait_for_line("^worker tiny was killed by SIGKILL; starting it again now", since=before)
    # The site is not ready before the new worker is: the dead worker's heartbeat no longer counts.
    assert visitor_of(up).get("/readyz").status == 503
    up.wait_for_line(READY, since=before, timeout=READY_SECONDS)
    assert home.pid_of("workers.generate.main") != worker
    assert visitor_of(up).get("/readyz").status == 200


def test_valkey_is_restarted_while_the_others_run(up: RunningPart, home: Place) -> None:
    before = len(up.lines)
    others = {home.pid_of("uvicorn"), home.pid_of("workers.generate.main")}

    os.kill(home.pid_of("redis.sock"), signal.SIGKILL)

    up.wait_for_line("^valkey was killed by SIGKILL; starting it again now", since=before)
    up.wait_for_line(READY, since=before, timeout=READY_SECONDS)
    assert {home.pid_of("uvicorn"), home.pid_of("workers.generate.main")} == others


def test_a_second_one_on_the_same_folder_is_refused(
    up: RunningPart, home: Place, launch: Launcher
) -> None:
    second = launch("manage.py", "up", name="second", **home.environ)

    assert second.wait(timeout=40) == 1
    assert f"Another playground (process {up.pid}) already uses {home.var_dir}" in second.tail()


def test_a_second_worker_with_the_same_name_is_refused(
    up: RunningPart, home: Place, launch: Launcher
) -> None:
    worker = launch("manage.py", "worker", "--model", "tiny", name="worker", **home.environ)

    assert worker.wait(timeout=40) == 1
    assert "runs already" in worker.tail()


def test_sigterm_ends_everything(up: RunningPart, home: Place) -> None:
    up.signal(signal.SIGTERM)

    assert up.wait(timeout=30) == 0
    assert processes_of(home.var_dir) == {}
    assert up.lines[-1] == "stopped"


def test_a_second_start_is_quick_and_a_kill_leaves_nothing(home: Place, launch: Launcher) -> None:
    again = launch("manage.py", "up", name="again", **home.environ)
    again.wait_for_line(READY, timeout=READY_SECONDS)
    assert not any("migrations" in line for line in again.lines)

    again.kill()

    home.wait_empty()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP])
def test_a_start_can_be_interrupted(launch: Launcher, place: Place, signum: signal.Signals) -> None:
    up = launch("manage.py", "up", name="up", **place.environ)
    up.wait_for_line("^worker tiny: on cpu")

    up.signal(signum)

    assert up.wait(timeout=40) == 0
    assert processes_of(place.var_dir) == {}


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_make_ends_everything(
    launch: Launcher, place: Place, signum: signal.Signals
) -> None:
    # `make run`, with installation and build marked as complete.
    done = ["-o", ".venv/.installed", "-o", "static/dist/.built"]
    command = ["make", "run", f"PY={sys.executable}", *done]
    make = launch("-c", f"import os; os.execvp('make', {command})", name="make", **place.environ)
    make.wait_for_line("^worker tiny: on cpu")

    make.signal(signum)

    place.wait_empty(timeout=40)


def test_a_taken_port_is_named(launch: Launcher, place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = launch("manage.py", "up", name="up", **{**place.environ, "PORT": str(port)})

        assert up.wait(timeout=20) == 1
        assert f"Port {port} of 127.0.0.1 cannot be opened: Address already in use" in up.tail()
        assert f"PORT={port + 1} make run" in up.tail()


def test_an_unreadable_registry_is_reported_at_once(launch: Launcher, place: Place) -> None:
    place.registry.write_text("[models.tiny\n")
    up = launch("manage.py", "up", name="up", **place.environ)

    assert up.wait(timeout=20) == 2
    assert f"The model registry {place.registry} cannot be read" in up.tail()


@pytest.mark.parametrize("damaged", ["base.rdb", "manifest"])
def test_damaged_data_of_valkey_end_the_start_with_one_sentence(
    launch: Launcher, place: Place, damaged: str
) -> None:
    with EmbeddedValkey(place.var_dir, memory_mb=16):
        pass
    (file,) = (place.var_dir / "valkey" / "appendonlydir").glob(f"*.{damaged}")
    file.write_bytes(b"damaged" + file.read_bytes()[7:])

    up = launch("manage.py", "up", name="up", **place.environ)

    assert up.wait(timeout=40) == 1
    said = up.tail(100)
    assert "The embedded server cannot read its data" in said
    assert f"mv {place.var_dir}/valkey/appendonlydir" in said
    assert "Traceback" not in said
    assert processes_of(place.var_dir) == {}


def test_all_of_ipv6_serves_ipv4_and_the_doctor_reaches_it(launch: Launcher, place: Place) -> None:
    up = launch("manage.py", "up", name="up", **{**place.environ, "HOST": "[::]"})
    ready = up.wait_for_line(r"^ready http://127\.0\.0\.1:\d+$", timeout=READY_SECONDS)
    port = int(ready.rpartition(":")[2])

    assert [Visitor(host, port).get("/").status for host in ("127.0.0.1", "::1")] == [200, 200]

    doctor = launch("manage.py", "doctor", name="doctor", **place.environ)
    doctor.wait(timeout=60)
    assert f"site: It answers at http://[::1]:{port}, and so does each kind of page." in (
        doctor.tail()
    )


def test_a_missing_device_is_reported_everywhere(launch: Launcher, place: Place) -> None:
    device = {"slots": 2, "device": "cuda:99"}
    write_registry(place.registry, place.checkpoint, {"tiny": device})
    up = launch("manage.py", "up", "-v", "2", name="up", **place.environ)

    # Nobody waits without a message.
    told = up.wait_for_line("^not ready yet: ", timeout=READY_SECONDS)
    if "loading" in told or "No worker" in told:
        told = up.wait_for_line("^not ready yet: .*It waits", timeout=READY_SECONDS)
    assert "tiny: It waits for the CUDA device 'cuda:99': " in told

    doctor = launch("manage.py", "doctor", name="doctor", **place.environ)
    assert doctor.wait(timeout=60) == 1
    assert "WRONG  worker tiny-cuda99@" in doctor.tail()
    assert "It waits for the CUDA device 'cuda:99': " in doctor.tail()

    address = doctor.wait_for_line("site: It answers at http://").split("http://")[1].split(",")[0]
    page = Visitor("127.0.0.1", int(address.rpartition(":")[2])).get("/free/").text
    assert "A worker waits for a graphics processor (cuda:99) that is not available yet." in page
    assert "torch" not in page
    # Logged once, however often the worker checks.
    assert len([line for line in up.lines if "model_not_ready" in line]) == 1


def test_a_probable_mistake_is_a_warning_at_the_start(launch: Launcher, place: Place) -> None:
    up = launch("manage.py", "up", name="up", **{**place.environ, "ALLOWED_HOST": "a.org"})

    assert up.wait_for_line("^note: ") == (
        "note: ALLOWED_HOST in the environment is no setting of this site; ALLOWED_HOSTS is meant."
    )
