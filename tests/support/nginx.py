"""An nginx of the test's own, with the blocks that docs/production.md shows.

with Nginx(folder, site_under_prefix(), port) as proxy:
    visit(f"{proxy.url}/playground/")
"""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from playground.core.processes import die_with_parent
from tests.support.part import wait_until
from tests.support.registry import ROOT

HOST = "localhost"

# Ignores the configuration of the machine's own nginx.
AROUND = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {site}
}}
"""

# Another application of the same host. It returns the cookies that it receives, and sets some with
# the names of Django's own.
NEIGHBOUR = """
    location / {
        default_type text/plain;
        add_header Set-Cookie "sessionid=theirs; Path=/";
        add_header Set-Cookie "csrftoken=theirs; Path=/";
        add_header Set-Cookie "messages=theirs; Path=/";
        add_header Set-Cookie "person=theirs; Path=/";
        return 200 "cookies: $http_cookie";
    }
"""


def nginx_binary() -> str:
    """NGINX, else the PATH's, else where Debian puts it, which is on root's PATH alone."""
    found = os.environ.get("NGINX") or shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(found).is_file():
        raise FileNotFoundError("no nginx: install it, or name it in NGINX")
    return found


def nginx_blocks() -> tuple[str, str]:
    """The whole site and the location of a prefix, from docs/production.md."""
    text = (ROOT / "docs" / "production.md").read_text(encoding="utf-8")
    whole, location = re.findall(r"```nginx\n(.*?)```", text, re.DOTALL)
    return whole, location


def site_at_root() -> str:
    """The documented site with its own host."""
    return nginx_blocks()[0]


def site_under_prefix(*, strips: bool = False) -> str:
    """The documented site under /playground/, beside another application.

    strips: whether the proxy removes the prefix from what it passes on.
    """
    whole, location = nginx_blocks()
    if strips:
        location = location.replace("127.0.0.1:8000;", "127.0.0.1:8000/;")
    root = re.compile(r"^    location / \{\n.*?^    \}\n", re.DOTALL | re.MULTILINE)
    return root.sub(lambda _: location + NEIGHBOUR, whole)


class Nginx:
    """A running nginx in front of ``port``, speaking TLS on a free port."""

    def __init__(self, folder: Path, site: str, port: int) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self._make_certificate()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        self._configuration.write_text(
            AROUND.format(user=user, folder=folder, site=self._local(site, port)),
            encoding="utf-8",
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://{HOST}:{self.port}"

    @property
    def access_log(self) -> str:
        return (self.folder / "access.log").read_text(encoding="utf-8")

    def check(self) -> str:
        """The output of ``nginx -t`` for the configuration; raises if nginx refuses it."""
        done = subprocess.run([*self._command(), "-t"], capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(done.stderr)
        return done.stderr

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command(), preexec_fn=die_with_parent(signal.SIGTERM)
        )
        wait_until(self._answers, what=f"nginx; see {self.folder}/error.log")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=20)

    def _command(self) -> list[str]:
        places = {"-p": self.folder, "-c": self._configuration, "-e": self.folder / "error.log"}
        return [nginx_binary(), *(str(word) for pair in places.items() for word in pair)]

    def _local(self, site: str, port: int) -> str:
        """The documented site with this machine's ports, name and certificate."""
        # The server that only redirects to TLS would need port 80.
        sends_on = re.compile(r"^server \{\n    listen 80;.*?^\}\n", re.DOTALL | re.MULTILINE)
        here = {
            "listen [::]:443 ssl;": "",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "play.example.org;": f"{HOST};",
            "/etc/letsencrypt/live/play.example.org/": f"{self.folder}/",
            "127.0.0.1:8000": f"127.0.0.1:{port}",
        }
        site = sends_on.sub("", site)
        for there, replacement in here.items():
            assert there in site
            site = site.replace(there, replacement)
        return site

    def _make_certificate(self) -> None:
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
        command += ["-subj", f"/CN={HOST}", "-keyout", str(self.folder / "privkey.pem")]
        command += ["-out", str(self.folder / "fullchain.pem")]
        subprocess.run(command, check=True, capture_output=True)

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError((self.folder / "error.log").read_text(encoding="utf-8"))
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0
