"""The units and nginx blocks of docs/production.md, as people paste them."""

import configparser
import re
from pathlib import Path

import pytest

from playground.history.imports import MAX_BYTES
from tests.support.nginx import Nginx, nginx_blocks, site_at_root, site_under_prefix
from tests.support.registry import ROOT

TEXT = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")


def units() -> dict[str, configparser.RawConfigParser]:
    """Each unit by its file's name."""
    found = {}
    named = re.finditer(r"`/etc/systemd/system/(\S+)`.*?```ini\n(.*?)```", TEXT, re.DOTALL)
    for name, unit in (match.groups() for match in named):
        parser = configparser.RawConfigParser(comment_prefixes=("#",))
        parser.optionxform = str  # type: ignore[assignment, method-assign]
        parser.read_string(unit)
        found[name] = parser
    return found


@pytest.mark.parametrize("site", [site_at_root(), site_under_prefix()], ids=["root", "prefix"])
def test_nginx_accepts_the_documented_blocks(tmp_path: Path, site: str) -> None:
    said = Nginx(tmp_path / "nginx", site, port=8000).check()

    assert "test is successful" in said
    assert "[warn]" not in said


def test_the_proxy_passes_the_largest_import() -> None:
    (most,) = re.findall(r"client_max_body_size (\d+)m;", nginx_blocks()[0])

    assert MAX_BYTES < int(most) << 20 <= MAX_BYTES + (2 << 20)


def test_both_locations_pass_the_same_on() -> None:
    whole, prefixed = nginx_blocks()

    lines = {line.strip() for line in prefixed.splitlines()[1:]}
    assert lines - {line.strip() for line in whole.splitlines()} == set()


def test_units_are_complete() -> None:
    found = units()

    assert list(found) == ["playground.service", "playground-worker@.service"]
    for unit in found.values():
        assert unit["Install"]["WantedBy"] == "multi-user.target"
        service = unit["Service"]
        assert service["UMask"] == "0077"
        assert service["ProtectSystem"] == "strict"
        assert service["EnvironmentFile"] == "/etc/playground/env"
    worker = found["playground-worker@.service"]["Service"]["ExecStart"]
    assert worker.endswith("manage.py worker --model gpt-j-6b --device cuda:%i")


def test_units_share_the_folder_of_the_socket() -> None:
    # PrivateTmp gives each unit its own /tmp, so the socket is elsewhere.
    service = units()["playground.service"]["Service"]

    assert service["PrivateTmp"] == "yes"
    assert f"SOCKET_DIR=/run/{service['RuntimeDirectory']}\n" in TEXT
    assert f"VAR_DIR=/var/lib/{service['StateDirectory']}\n" in TEXT
