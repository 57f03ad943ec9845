"""Odd values of settings:

each starts correctly, or ends with one sentence that names the setting.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.starts import Case, Start, start_all

# In the place of a password or a key; no sentence may contain it.
SECRET = "hunter2-correct-horse-battery"
_MAIL = "django.core.mail.backends.{}.EmailBackend"
LOCAL = ["localhost", "127.0.0.1", "[::1]"]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One odd value.

    env, dotenv, as_nobody: as in `Case`; ``{folder}`` is a folder of the test's own.
    shows: what the settings are then.
    says: what is in the sentence at which the start ends; it begins with ``names``.
    remarks: what is in the warnings of a start that continues.
    """

    env: Mapping[str, str] = field(default_factory=dict)
    dotenv: str | None = None
    as_nobody: bool = False
    shows: Mapping[str, Any] | None = None
    names: str = ""
    says: str = ""
    remarks: tuple[str, ...] | None = None


def good(shows: Mapping[str, Any] | None = None, dotenv: str | None = None, **env: str) -> Row:
    return Row(env=env, dotenv=dotenv, shows=shows or {})


def bad(says: str, dotenv: str | None = None, names: str = "", **env: str) -> Row:
    return Row(env=env, dotenv=dotenv, says=says, names=names or next(iter(env)))


def doubtful(*remarks: str, dotenv: str | None = None, **env: str) -> Row:
    return Row(env=env, dotenv=dotenv, remarks=remarks, shows={})


ROWS: dict[str, Row] = {
    # --- Whole numbers, numbers, yes and no
    "port: no number": bad("whole number from 0 to 65535", PORT="abc"),
    "port: too high": bad("whole number from 0 to 65535", PORT="65536"),
    "port: negative": bad("whole number from 0 to 65535", PORT="-1"),
    "port: with a fraction": bad("whole number", PORT="8000.5"),
    "port: with a thousands separator": bad("whole number", PORT="8,000"),
    "port: with a comment": bad("whole number", PORT="8000 # web"),
    "port: as Docker links set it": bad("whole number", PORT="tcp://10.0.0.1:80"),
    "port: empty": good({"PORT": 8000}, PORT=""),
    "port: spaces": good({"PORT": 8080}, PORT="  8080 \t"),
    "port: quotes": good({"PORT": 8080}, PORT='"8080"'),
    "port: typographic quotes": good({"PORT": 8080}, PORT="\u201c8080\u201d"),
    "port: a mark before it": good({"PORT": 8080}, PORT="\ufeff8080"),
    "port: an address with a password": bad("PORT", PORT=f"redis://:{SECRET}@host:6379"),
    "limit: zero": bad("of 1 or more", LIMIT_PERSON_ACTIVE="0"),
    "limit: more than a column takes": bad("whole number", LIMIT_PERSON_ACTIVE="9" * 30),
    "seconds: no number": bad("a number of 0.1 or more", SWEEP_SECONDS="2s"),
    "seconds: not a number": bad("a number", SWEEP_SECONDS="nan"),
    "seconds: without end": bad("a number", WATCHDOG_SECONDS="inf"),
    "seconds: a decimal comma": bad("a number", SWEEP_SECONDS="2,5"),
    "seconds: whole": good({"SWEEP_SECONDS": 3.0}, SWEEP_SECONDS="3"),
    "debug: upper case": good({"DEBUG": False}, DEBUG="FALSE"),
    "debug: off": good({"DEBUG": False}, DEBUG="Off"),
    "debug: neither": bad("true or false", DEBUG="maybe"),
    "guests: no": good({"ALLOW_GUESTS": False}, ALLOW_GUESTS="No"),
    "secure site: one": good({"SECURE_SITE": True}, SECURE_SITE=" 1 ", TRUSTED_PROXIES="1"),
    "log level: lower case": good({"LOG_LEVEL": "WARNING"}, LOG_LEVEL="warning"),
    "log level: unknown": bad("one of DEBUG, INFO", LOG_LEVEL="loud"),
    "log format: upper case": good({"LOG_FORMAT": "json"}, LOG_FORMAT="JSON"),
    "two lines": bad("line break", LOG_LEVEL="INFO\nDEBUG"),
    "no text": bad("not UTF-8", HOST="h\udcffst"),
    # --- Hosts and origins
    "hosts: empty": good({"ALLOWED_HOSTS": LOCAL}, ALLOWED_HOSTS=""),
    "hosts: commas alone": good({"ALLOWED_HOSTS": LOCAL}, ALLOWED_HOSTS=" , ,"),
    "hosts: spaces and a last comma": good(
        {"ALLOWED_HOSTS": ["a.org", "b.org"]}, ALLOWED_HOSTS="a.org, b.org ,"
    ),
    "hosts: spaces alone": good({"ALLOWED_HOSTS": ["a.org", "b.org"]}, ALLOWED_HOSTS="a.org b.org"),
    "hosts: quotes": good({"ALLOWED_HOSTS": ["a.org"]}, ALLOWED_HOSTS="'a.org'"),
    "hosts: each in quotes": good(
        {"ALLOWED_HOSTS": ["a.org", "b.org"]}, ALLOWED_HOSTS='"a.org","b.org"'
    ),
    "hosts: an address": good({"ALLOWED_HOSTS": ["a.org"]}, ALLOWED_HOSTS="https://a.org:8443/x"),
    "hosts: a port": good({"ALLOWED_HOSTS": ["a.org"]}, ALLOWED_HOSTS="a.org:8000"),
    "hosts: upper case and a dot": good({"ALLOWED_HOSTS": ["a.org"]}, ALLOWED_HOSTS="A.Org."),
    "hosts: all": good({"ALLOWED_HOSTS": ["*"]}, ALLOWED_HOSTS="*"),
    "hosts: all of a domain": good({"ALLOWED_HOSTS": [".a.org"]}, ALLOWED_HOSTS="*.a.org"),
    "hosts: IPv6": good({"ALLOWED_HOSTS": ["[::1]"]}, ALLOWED_HOSTS="::1"),
    "hosts: IPv6 and a port": good({"ALLOWED_HOSTS": ["[::1]"]}, ALLOWED_HOSTS="[::1]:8000"),
    "hosts: long IPv6": good(
        {"ALLOWED_HOSTS": ["[2001:db8::1]"]}, ALLOWED_HOSTS="2001:0DB8:0:0:0:0:0:1"
    ),
    "hosts: other letters": good(
        {"ALLOWED_HOSTS": ["xn--bcher-kva.example"]}, ALLOWED_HOSTS="b\u00fccher.example"
    ),
    "hosts: twice": good({"ALLOWED_HOSTS": ["a.org"]}, ALLOWED_HOSTS="a.org,A.ORG"),
    "hosts: an underscore": bad("no host name", ALLOWED_HOSTS="my_host"),
    "hosts: a list of Python's": bad("no host name", ALLOWED_HOSTS="['a.org']"),
    "hosts: a password in it": bad("ALLOWED_HOSTS", ALLOWED_HOSTS=f"x:{SECRET}@a_b"),
    "host: IPv6 in brackets": good({"HOST": "::1"}, HOST="[::1]"),
    "host: all of IPv6": good({"HOST": "::"}, HOST="[::]", ALLOWED_HOSTS="a.org"),
    "host: a port": bad("PORT", HOST="127.0.0.1:8000"),
    "host: IPv6 and a port": bad("PORT", HOST="[::1]:8000"),
    "host: an address": bad("without scheme", HOST="http://127.0.0.1"),
    "host: a star": bad("0.0.0.0", HOST="*"),
    "host: no address": bad("no address", HOST="not_a_host"),
    "host: one that may then be asked for": good(
        {"ALLOWED_HOSTS": [*LOCAL, "10.0.0.5"]}, HOST="10.0.0.5"
    ),
    "origin: a slash at the end": good(
        {"CSRF_TRUSTED_ORIGINS": ["https://a.org"]},
        CSRF_TRUSTED_ORIGINS="https://a.org/",
    ),
    "origin: a path, upper case, the port that is usual": good(
        {"CSRF_TRUSTED_ORIGINS": ["https://a.org"]},
        CSRF_TRUSTED_ORIGINS="HTTPS://A.org:443/play",
    ),
    "origin: all of a domain": good(
        {"CSRF_TRUSTED_ORIGINS": ["https://*.a.org:8443"]},
        CSRF_TRUSTED_ORIGINS="https://*.a.org:8443",
    ),
    "origin: IPv6": good(
        {"CSRF_TRUSTED_ORIGINS": ["http://[::1]:81"]}, CSRF_TRUSTED_ORIGINS="http://[0::1]:81"
    ),
    "origin: no scheme": bad("https:// before it", CSRF_TRUSTED_ORIGINS="a.org"),
    "origin: another scheme": bad("https://", CSRF_TRUSTED_ORIGINS="wss://a.org"),
    "origin: no port that can be": bad("cannot be read", CSRF_TRUSTED_ORIGINS="https://a.org:x"),
    "origin: a password in it": bad("host name", CSRF_TRUSTED_ORIGINS=f"https://u:{SECRET}@a.org"),
    "admin: a slash before it": good({"ADMIN_PATH": "back/stage/"}, ADMIN_PATH="/back/stage/"),
    "admin: no slash": good({"ADMIN_PATH": "backstage/"}, ADMIN_PATH="backstage"),
    "admin: dots": bad("words with a slash", ADMIN_PATH="../admin/"),
    "admin: a slash alone": bad("words with a slash", ADMIN_PATH="/"),
    # --- Folders, files, keys
    "var: empty": good(VAR_DIR=""),
    "var: relative": good(VAR_DIR="var"),
    "var: at home": good({"VAR_DIR": "{folder}/mine"}, VAR_DIR="~/mine", HOME="{folder}"),
    "var: at nobody's home": bad("a path", VAR_DIR="~no-such-user/x"),
    "var: a file": bad("no folder", VAR_DIR="{folder}/file"),
    "var: under a file": bad("nothing can be written", VAR_DIR="{folder}/file/x"),
    "var: a device": bad("no folder", VAR_DIR="/dev/full"),
    "var: of the kernel": bad("nothing can be written", VAR_DIR="/proc/playground"),
    "var: a name too long": bad("VAR_DIR", VAR_DIR="/tmp/" + "x" * 300),
    "var: of another user": Row(
        env={"VAR_DIR": "{folder}/locked/var"},
        as_nobody=True,
        says="Permission denied",
        names="VAR_DIR",
    ),
    "models: missing": bad("cannot be read", MODELS_FILE="{folder}/none.toml"),
    "models: a folder": bad("cannot be read", MODELS_FILE="{folder}"),
    "models: in quotes": good(
        {"MODELS_FILE": "{folder}/models.toml"}, MODELS_FILE="'{folder}/models.toml'"
    ),
    "key: of spaces": good(SECRET_KEY="   "),
    "key: its file is empty": bad("is empty", names="SECRET_KEY", VAR_DIR="{folder}/empty-key"),
    "key: its file has spaces": bad("is empty", names="SECRET_KEY", VAR_DIR="{folder}/blank-key"),
    "key: its file is no text": bad("not UTF-8", names="SECRET_KEY", VAR_DIR="{folder}/binary-key"),
    "key: its file is a folder": bad(
        "directory", names="SECRET_KEY", VAR_DIR="{folder}/folder-key"
    ),
    "key: a line break at the end": good({"SECRET_KEY": SECRET * 2}, SECRET_KEY=SECRET * 2 + "\n"),
    # --- Databases
    "database: MySQL": bad("postgres://", DATABASE_URL=f"mysql://u:{SECRET}@host/x"),
    "database: no address": bad("scheme", DATABASE_URL="playground"),
    "database: no name": bad("names no database", DATABASE_URL=f"postgres://u:{SECRET}@host"),
    "database: # in the password": bad("%23", DATABASE_URL=f"postgres://u:{SECRET}#1@host/x"),
    "database: @ in the password": bad("%40", DATABASE_URL=f"postgres://u:{SECRET}@1@host/x"),
    "database: / in the password": bad("%2F", DATABASE_URL=f"postgres://u:{SECRET}/1@host/x"),
    "database: ? in the password": bad("%3F", DATABASE_URL=f"postgres://u:{SECRET}?1@host/x"),
    "database: % in the password": bad("%25", DATABASE_URL=f"postgres://u:{SECRET}%zz@host/x"),
    "database: a space in the password": bad("%20", DATABASE_URL=f"postgres://u:{SECRET} @host/x"),
    "database: no port that can be": bad("no port", DATABASE_URL=f"postgres://u:{SECRET}@h:x/y"),
    "database: an option that is none": bad("sslmod", DATABASE_URL="postgres://h/x?sslmod=require"),
    "database: no sslmode": bad("sslmode", DATABASE_URL="postgres://h/x?sslmode=yes"),
    "database: postgresql, options": good(
        DATABASE_URL="postgresql:///x?host=/run/postgresql&sslmode=prefer"
    ),
    "database: SQLite, absolute": good(DATABASE_URL="sqlite:///{folder}/own.sqlite3"),
    "database: SQLite in memory": bad("in memory", DATABASE_URL="sqlite://:memory:"),
    "database: SQLite, two slashes": bad("sqlite:////path", DATABASE_URL="sqlite://x.sqlite3"),
    "database: SQLite in no folder": bad("does not exist", DATABASE_URL="sqlite:////no/folder/x"),
    # --- Redis
    "redis: no scheme": bad("scheme", REDIS_URL=f"u:{SECRET}@localhost:6379"),
    "redis: another scheme": bad("redis://", REDIS_URL=f"http://:{SECRET}@localhost:6379"),
    "redis: # in the password": bad("%23", REDIS_URL=f"redis://:{SECRET}#1@localhost:6379/0"),
    "redis: @ in the password": bad("%40", REDIS_URL=f"redis://:{SECRET}@1@localhost:6379/0"),
    "redis: / in the password": bad("%2F", REDIS_URL=f"redis://:{SECRET}/1@localhost:6379/0"),
    "redis: a password for a user": bad("no password", REDIS_URL=f"redis://{SECRET}@localhost"),
    "redis: no number": bad("number of a database", REDIS_URL="redis://localhost/zero"),
    "redis: two databases": bad("two databases", REDIS_URL="redis://localhost/1?db=2"),
    "redis: an option that is none": bad(
        "option", REDIS_URL="redis://localhost?decode_responses=1"
    ),
    "redis: IPv6 without brackets": bad("[::1]", REDIS_URL="redis://::1"),
    "redis: a socket by half its path": bad("whole path", REDIS_URL="unix://run/redis.sock"),
    "redis: a path": good(REDIS_URL="/run/redis.sock"),
    "redis: TLS": good(REDIS_URL=f"rediss://:{SECRET}@localhost/2?ssl_cert_reqs=none"),
    "redis: a file that is not there": bad(
        "ssl_ca_certs", REDIS_URL="rediss://localhost?ssl_ca_certs=/no/file"
    ),
    # --- Mail
    "mail: none": good({"MAIL": "None", "EMAIL_BACKEND": _MAIL.format("dummy")}),
    "mail: STARTTLS": good(
        {
            "EMAIL_HOST": "mail.a.org",
            "EMAIL_PORT": 587,
            "EMAIL_USE_TLS": True,
            "EMAIL_USE_SSL": False,
            "EMAIL_HOST_PASSWORD": "p/w",
            "EMAIL_BACKEND": _MAIL.format("smtp"),
            "DEFAULT_FROM_EMAIL": "Play <p@a.org>",
        },
        EMAIL_URL="smtp+tls://u:p%2Fw@mail.a.org",
        EMAIL_FROM="Play <p@a.org>",
    ),
    "mail: TLS at once": good(
        {"EMAIL_PORT": 465, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True},
        EMAIL_URL="SMTPS://mail.a.org",
        EMAIL_FROM="p@a.org",
    ),
    "mail: a port": good({"EMAIL_PORT": 2525}, EMAIL_URL="smtp://[::1]:2525", EMAIL_FROM="p@a.org"),
    "mail: another scheme": bad("smtp+tls://", EMAIL_URL=f"imap://u:{SECRET}@mail.a.org"),
    "mail: no scheme": bad("scheme", EMAIL_URL=f"u:{SECRET}@mail.a.org"),
    "mail: no host": bad("no host", EMAIL_URL="smtp://:25"),
    "mail: a path": bad("after its host", EMAIL_URL="smtp://mail.a.org/x"),
    "mail: an option": bad("after its host", EMAIL_URL="smtp://mail.a.org?tls=1"),
    "mail: a user alone": bad("a user and a password", EMAIL_URL=f"smtp://{SECRET}@mail.a.org"),
    "mail: @ in the password": bad("%40", EMAIL_URL=f"smtp://u:{SECRET}@1@mail.a.org"),
    "mail: no sender": bad("name the sender", names="EMAIL_FROM", EMAIL_URL="smtp://mail.a.org"),
    "mail: a sender without a domain": bad("an e-mail address", EMAIL_FROM="play"),
    "mail: two senders": bad("an e-mail address", EMAIL_FROM="a@a.org, b@a.org"),
    "mail: a sender with a header": bad("line break", EMAIL_FROM="a@a.org\nBcc: b@a.org"),
    "mail: a sender and no server": doubtful(
        "EMAIL_FROM is set and EMAIL_URL is not", EMAIL_FROM="p@a.org"
    ),
    "mail: a password without TLS": doubtful(
        "EMAIL_URL sends its password without TLS",
        EMAIL_URL=f"smtp://u:{SECRET}@mail.a.org",
        EMAIL_FROM="p@a.org",
    ),
    # --- A price
    "price: none": good({"FINETUNE_COST_PER_HOUR": "None"}),
    "price: an amount and a currency": good(FINETUNE_COST_PER_HOUR="1.90 EUR"),
    "price: a sign": good(FINETUNE_COST_PER_HOUR="2 \u20ac"),
    "price: no currency": bad("an amount and a currency", FINETUNE_COST_PER_HOUR="1.90"),
    "price: a decimal comma": bad("an amount and a currency", FINETUNE_COST_PER_HOUR="1,90 EUR"),
    "price: negative": bad("an amount and a currency", FINETUNE_COST_PER_HOUR="-1 EUR"),
    "price: no number": bad("an amount and a currency", FINETUNE_COST_PER_HOUR="nan EUR"),
    # --- Together
    "a heartbeat as rare as the lease": bad("LEASE_SECONDS", HEARTBEAT_SECONDS="5"),
    "a lease as short as the heartbeat": bad(
        "LEASE_SECONDS", names="HEARTBEAT_SECONDS", LEASE_SECONDS="1"
    ),
    "tracebacks for visitors": doubtful("DEBUG is on", DEBUG="TRUE"),
    "TLS and no proxy": doubtful("TRUSTED_PROXIES is 0", SECURE_SITE="true"),
    "https and no TLS": doubtful(
        "SECURE_SITE is off", CSRF_TRUSTED_ORIGINS="https://a.org", ALLOWED_HOSTS="a.org"
    ),
    "an origin of no host of ours": doubtful(
        "CSRF_TRUSTED_ORIGINS has http://a.org:81", CSRF_TRUSTED_ORIGINS="http://a.org:81"
    ),
    "open to all, named by none": doubtful("add the name", HOST="0.0.0.0"),
    "a host that may not be asked for": doubtful(
        "HOST is 10.0.0.5 and ALLOWED_HOSTS lacks it", HOST="10.0.0.5", ALLOWED_HOSTS="a.org"
    ),
    "admin where the history is": doubtful("ADMIN_PATH is history/", ADMIN_PATH="history/"),
    "a short key": doubtful("SECRET_KEY has fewer than 32", SECRET_KEY="x"),
    "as a site behind a proxy is set up": doubtful(
        ALLOWED_HOSTS="a.org",
        CSRF_TRUSTED_ORIGINS="https://a.org",
        SECURE_SITE="true",
        TRUSTED_PROXIES="1",
    ),
    # --- Names
    "misspelt: a letter is missing": doubtful(
        "ALLOWED_HOST in the environment is no setting of this site; ALLOWED_HOSTS is meant",
        "LIMIT_PERSON_ACTIV in the environment",
        "REDISURL in the environment is no setting of this site; REDIS_URL is meant",
        ALLOWED_HOST="a.org",
        REDISURL="redis://localhost",
        LIMIT_PERSON_ACTIV="3",
    ),
    "not misspelt: other programs' names": doubtful(
        HOSTNAME="box",
        POST="1",
        PATHS="x",
        HOSTS="x",
        REDIS_TLS_URL="x",
        DATABASE_URI="x",
        DATABASE_URL="sqlite:///{folder}/own.sqlite3",
    ),
    "misspelt in .env": doubtful(
        "PROT in line 2 of .env is no setting of this site; PORT is meant",
        "SESAME in line 3 of .env is no setting of this site.",
        dotenv="HF_TOKEN=x\nPROT=9000\nSESAME=open\n",
    ),
    # --- .env
    ".env: export, CRLF, quotes, comments, a mark": good(
        {"PORT": 9000, "LOG_LEVEL": "ERROR", "LOG_FORMAT": "json"},
        dotenv="\xef\xbb\xbf# ours\r\nexport PORT=9000\r\nLOG_LEVEL='ERROR'\r\n\r\n"
        "LOG_FORMAT = json # so\r\n",
    ),
    ".env: the environment wins": good({"PORT": 9001}, dotenv="PORT=9000\n", PORT="9001"),
    ".env: its line is told": bad(
        "PORT (line 3 of .env) must be a whole number", dotenv="\n\nPORT=abc\n", names="PORT"
    ),
    ".env: not UTF-8": bad("not UTF-8", dotenv=f"SECRET_KEY={SECRET}\xe9\n", names="{dotenv}"),
    ".env: UTF-16": bad("not UTF-8", dotenv="\xff\xfeP\x00O\x00", names="{dotenv}"),
    ".env: no NAME=value": bad(
        "is not NAME=value", dotenv=f"PORT=1\n\nSECRET_KEY {SECRET}\n", names="Line 3"
    ),
    ".env: a name alone": bad("is not NAME=value", dotenv="PORT\n", names="Line 1"),
    ".env: a quote that stays open": bad(
        "is not NAME=value", dotenv=f'A=1\nSECRET_KEY="{SECRET}\nB=2\n', names="Line 2"
    ),
    ".env: a name twice": bad("lines 1 and 3", dotenv="PORT=1\nX=1\nPORT=2\n", names="PORT"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the rows name."""
    folder = tmp_path_factory.mktemp("settings")
    (folder / "file").touch()
    (folder / "models.toml").write_text('[models.x]\npath = "x"\n')
    for name, key in {"empty": b"", "blank": b" \n", "binary": b"\xff\xfe\x00"}.items():
        (folder / f"{name}-key").mkdir()
        (folder / f"{name}-key" / "secret_key").write_bytes(key)
    (folder / "folder-key" / "secret_key").mkdir(parents=True)
    (folder / "locked").mkdir(mode=0o700)
    (folder / "locked" / "var").mkdir(mode=0o700)
    if os.geteuid() != 0:
        # If we cannot become another user, the lock has to stop us as well.
        (folder / "locked" / "var").chmod(0o500)
    return folder


@pytest.fixture(scope="module")
def starts(folder: Path) -> dict[str, Start]:
    """Starts every row."""
    cases = []
    for row in ROWS.values():
        env = {"PATH": os.environ["PATH"], "VAR_DIR": str(folder / "var"), **row.env}
        cases.append(
            Case(
                env={name: value.replace("{folder}", str(folder)) for name, value in env.items()},
                dotenv=row.dotenv,
                as_nobody=row.as_nobody,
                show=list(row.shows or ()),
                whole=row.remarks is not None,
            )
        )
    return dict(zip(ROWS, start_all(cases), strict=True))


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.shows is not None])
def test_a_value_that_can_be_read_starts_the_site(
    name: str, starts: dict[str, Start], folder: Path
) -> None:
    row, start = ROWS[name], starts[name]

    assert (start.status, start.stderr) == (0, "")
    for setting, value in (row.shows or {}).items():
        wanted = value.replace("{folder}", str(folder)) if isinstance(value, str) else value
        assert start.shown[setting] == wanted


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.says])
def test_any_other_value_ends_the_start_with_one_sentence(
    name: str, starts: dict[str, Start]
) -> None:
    row, start = ROWS[name], starts[name]

    assert start.status == 2, start.stderr
    assert "Traceback" not in start.stderr
    assert start.stderr.endswith(".\n")
    (sentence,) = start.stderr.splitlines()
    assert row.says in sentence
    assert sentence.startswith(row.names) or row.names == "{dotenv}"
    assert SECRET not in sentence
    assert SECRET[:7] not in sentence


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.remarks is not None])
def test_a_probable_mistake_is_a_warning(name: str, starts: dict[str, Start]) -> None:
    row, start = ROWS[name], starts[name]

    assert start.healthy == 200
    assert len(start.remarks) == len(row.remarks or ())
    for told in row.remarks or ():
        assert [remark for remark in start.remarks if told in remark]
    assert SECRET not in "".join(start.remarks)


def test_the_table_is_long() -> None:
    assert len(ROWS) >= 90
