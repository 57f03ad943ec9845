"""The library is compiled once, kept, and checked before it is used."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workers.engine.backends.native import library as native_library
from workers.engine.backends.native.library import Unavailable, find_compiler, open_library


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "answer.cpp").write_text('extern "C" int answer() { return 42; }\n')
    return folder


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def compiler(tmp_path: Path) -> list[str]:
    """The real compiler, behind a script that records each call."""
    script = tmp_path / "compiler"
    log = tmp_path / "calls"
    script.write_text(f'#!/bin/sh\necho "$@" >> {log}\nexec {" ".join(find_compiler())} "$@"\n')
    script.chmod(0o755)
    return [str(script)]


def compilations(tmp_path: Path) -> int:
    return sum(" -c " in line for line in (tmp_path / "calls").read_text().splitlines())


def only_library(cache: Path) -> Path:
    (path,) = cache.glob("*.so")
    return path


def replace(path: Path, content: bytes) -> None:
    """Replaces the file by another one: the old file may be mapped."""
    other = path.with_suffix(".other")
    other.write_bytes(content)
    other.chmod(0o700)
    other.replace(path)


def test_compiles_once_and_keeps_the_library(
    sources: Path, cache: Path, compiler: list[str], tmp_path: Path
) -> None:
    first = open_library(sources, cache, compiler, ["-O1"])
    second = open_library(sources, cache, compiler, ["-O1"])

    assert first["answer"]() == second["answer"]() == 42
    assert compilations(tmp_path) == 1
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert {path.suffix for path in cache.iterdir()} == {".so", ""}


def test_changed_sources_or_options_are_compiled_again(
    sources: Path, cache: Path, compiler: list[str]
) -> None:
    open_library(sources, cache, compiler, ["-O1"])
    open_library(sources, cache, compiler, ["-O0"])
    (sources / "answer.cpp").write_text('extern "C" int answer() { return 43; }\n')

    changed = open_library(sources, cache, compiler, ["-O1"])

    assert changed["answer"]() == 43
    assert len(list(cache.glob("*.so"))) == 3


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_damaged_library_is_compiled_again(
    sources: Path, cache: Path, compiler: list[str], tmp_path: Path, damage: str
) -> None:
    open_library(sources, cache, compiler, ["-O1"])
    path = only_library(cache)
    whole = path.read_bytes()
    middle = len(whole) // 2
    flipped = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    replace(path, {"cut": whole[:middle], "flipped": flipped, "empty": b""}[damage])

    library = open_library(sources, cache, compiler, ["-O1"])

    assert library["answer"]() == 42
    assert path.read_bytes() == whole
    assert compilations(tmp_path) == 2


def test_a_library_that_another_system_made_is_compiled_again(
    sources: Path, cache: Path, compiler: list[str], tmp_path: Path
) -> None:
    # In another folder: a process does not read a loaded path again.
    open_library(sources, tmp_path / "elsewhere", compiler, ["-O1"])
    cache.mkdir(mode=0o700)
    body = b"whole, and nothing that loads here"
    path = cache / only_library(tmp_path / "elsewhere").name
    replace(path, body + hashlib.sha256(body).digest())

    library = open_library(sources, cache, compiler, ["-O1"])

    assert library["answer"]() == 42
    assert compilations(tmp_path) == 2


@pytest.mark.parametrize("part", ["cpu_flags", "_c_library"])
def test_different_machines_with_one_home_do_not_share_a_library(
    sources: Path,
    cache: Path,
    compiler: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    part: str,
) -> None:
    open_library(sources, cache, compiler, ["-O1"])
    monkeypatch.setattr(native_library, part, lambda: "another")

    open_library(sources, cache, compiler, ["-O1"])

    assert compilations(tmp_path) == 2
    assert len(list(cache.glob("*.so"))) == 2


def test_simultaneous_builds_compile_once(
    sources: Path, cache: Path, compiler: list[str], tmp_path: Path
) -> None:
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(open_library, sources, cache, compiler, ["-O1"]) for _ in range(4)]

    assert [job.result()["answer"]() for job in jobs] == [42] * 4
    assert compilations(tmp_path) == 1


def test_a_folder_that_others_can_write_is_not_used(
    sources: Path, cache: Path, compiler: list[str]
) -> None:
    cache.mkdir()
    cache.chmod(0o777)

    library = open_library(sources, cache, compiler, ["-O1"])

    assert library["answer"]() == 42
    assert list(cache.iterdir()) == []


def test_a_folder_that_cannot_be_created_is_no_error(
    sources: Path, tmp_path: Path, compiler: list[str]
) -> None:
    (tmp_path / "file").write_text("")

    library = open_library(sources, tmp_path / "file" / "cache", compiler, ["-O1"])

    assert library["answer"]() == 42


def test_a_source_that_does_not_compile_is_named(
    sources: Path, cache: Path, compiler: list[str]
) -> None:
    (sources / "broken.cpp").write_text("int broken( {\n")

    with pytest.raises(Unavailable, match=r"failed: .*broken\.cpp:1"):
        open_library(sources, cache, compiler, [])

    assert list(cache.glob("*.so")) == []
    assert list(cache.glob("build-*")) == []


def test_no_compiler_is_a_reason_not_a_crash(tmp_path: Path) -> None:
    code = (
        "from workers.engine.backends.native import build\n"
        "assert build.load() is None\n"
        "print(build.reason())"
    )
    environment = {**os.environ, "PATH": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    environment.pop("CXX", None)

    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert "no C++ compiler" in done.stdout


def test_the_compiler_in_cxx_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", f"{sys.executable} -m compiler")

    assert find_compiler() == [sys.executable, "-m", "compiler"]
