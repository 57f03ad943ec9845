"""One address of Redis, and every client made from it: the same server, user and database."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from celery import Celery
from pytest_django.fixtures import Settings

from playground.celery import make_celery
from playground.core.configuration.redis_url import RedisAddress, redis_address
from playground.core.redis.clients import blocking, make_async, refusal
from tests.support.redis_server import PasswordServer, make_certificate, tls_before

# Everything that could end an address too early, and characters that only look like that.
PASSWORD = "p#a@s/s?w%o:r d\u00e9&=+"
DATABASE = 3
QUEUE = "generate.tiny"


@pytest.fixture(scope="module")
def server() -> Iterator[PasswordServer]:
    # A socket's path is short.
    with (
        tempfile.TemporaryDirectory(prefix="own-", dir="/tmp") as folder,
        PasswordServer(Path(folder), username="gptj", password=PASSWORD) as server,
    ):
        yield server


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def urls(server: PasswordServer, certificate: tuple[Path, Path]) -> Iterator[dict[str, str]]:
    """The server's addresses, each of which names database 3."""
    who = f"gptj:{quote(PASSWORD, safe='')}"
    with tls_before(server.port, *certificate) as secure:
        files = f"ssl_ca_certs={certificate[0]}"
        yield {
            "tcp": f"redis://{who}@127.0.0.1:{server.port}/{DATABASE}",
            "tcp, option": f"redis://{who}@127.0.0.1:{server.port}?db={DATABASE}",
            "socket": f"unix://{who}@{server.socket}?db={DATABASE}",
            "celery's form": f"redis+socket://{who}@{server.socket}?virtual_host={DATABASE}",
            "tls": f"rediss://{who}@localhost:{secure}/{DATABASE}?{files}",
        }


@pytest.fixture
def use(settings: Settings, tmp_path: Path) -> Iterator[object]:
    """Puts an address into the settings, for clients made from now on."""

    def use(url: str) -> RedisAddress:
        settings.REDIS = redis_address(url, tmp_path)
        blocking.cache_clear()
        return settings.REDIS

    yield use
    blocking.cache_clear()


KINDS = ["tcp", "tcp, option", "socket", "celery's form", "tls"]


@pytest.mark.parametrize("kind", KINDS)
async def test_the_queue_and_the_log_are_in_one_database(
    kind: str, urls: dict[str, str], use: object, server: PasswordServer
) -> None:
    assert callable(use)
    use(urls[kind])
    with server.admin(DATABASE) as client:
        client.flushall()

    blocking().set("log", "text")
    live = make_async(timeout=5)
    await live.set("live", "text")
    await live.aclose()
    with make_celery() as app:
        app.send_task("generate", args=["tiny"], queue=QUEUE, ignore_result=True)
        with server.admin(DATABASE) as client:
            assert {"log", "live", QUEUE} <= set(client.keys())
            assert client.info("keyspace").keys() == {f"db{DATABASE}"}
        assert _next_ring(app) == ["tiny"]
    blocking().close()


def _next_ring(app: Celery) -> list[str]:
    """The arguments of the next ring, as a worker receives it."""
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        message = queue.get(timeout=10)
        message.ack()
        arguments: list[str] = message.payload[0]
        return arguments


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://gptj:wrong@127.0.0.1:{port}/0", "invalid username-password pair"),
        ("redis://127.0.0.1:{port}/0", "authenticated"),
        ("redis://gptj:{password}@127.0.0.1:{port}/99", "DB index is out of range"),
        ("unix://gptj:wrong@{socket}", "invalid username-password pair"),
    ],
)
def test_a_refusal_has_the_servers_own_words(
    url: str, said: str, use: object, server: PasswordServer
) -> None:
    assert callable(use)
    use(url.format(port=server.port, password=quote(PASSWORD, safe=""), socket=server.socket))

    reason = refusal()

    assert reason
    assert said in reason
    assert "wrong" not in reason.replace("WRONGPASS", "")


def test_an_untrusted_certificate_is_a_refusal(use: object, urls: dict[str, str]) -> None:
    assert callable(use)
    use(urls["tls"].partition("?")[0])

    assert "CERTIFICATE_VERIFY_FAILED" in (refusal() or "")


def test_an_unreachable_server_is_not_a_refusal(use: object, tmp_path: Path) -> None:
    assert callable(use)
    use(f"unix://{tmp_path}/away.sock")

    assert refusal() is None


def test_an_address_shows_no_password(urls: dict[str, str], tmp_path: Path) -> None:
    for url in urls.values():
        address = redis_address(url, tmp_path)
        assert PASSWORD[:3] not in repr(address) + address.place


@pytest.mark.parametrize(
    ("url", "host", "port", "database"),
    [
        ("redis://", "localhost", 6379, 0),
        ("redis://example.org", "example.org", 6379, 0),
        ("redis://:secret@/2", "localhost", 6379, 2),
        ("REDIS://[::1]:7000/1/", "::1", 7000, 1),
        ("valkey://my_redis:6380/?db=4", "my_redis", 6380, 4),
    ],
)
def test_omitted_parts_have_their_defaults(
    url: str, host: str, port: int, database: int, tmp_path: Path
) -> None:
    address = redis_address(url, tmp_path)

    assert (address.host, address.port, address.database) == (host, port, database)
    assert not address.embedded
