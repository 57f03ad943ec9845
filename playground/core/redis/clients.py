"""The connections to Redis: one pool a process for blocking use."""

from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

CONNECT_SECONDS = 1.0


@lru_cache(maxsize=1)
def blocking() -> redis.Redis:
    """Short commands of views and workers; an answer within 2 s or an error."""
    return redis.Redis(
        **settings.REDIS.client_arguments(),
        socket_timeout=2.0,
        socket_connect_timeout=CONNECT_SECONDS,
        # One more try on a dropped connection; the caller knows whether waiting longer is worth it.
        retry=Retry(NoBackoff(), 1),
        health_check_interval=0,
    )


def refusal() -> str | None:
    """Why Redis refuses the user, password or database of REDIS_URL, in the server's words.

    None while it takes them, and while it is away: it may come by itself.
    """
    try:
        blocking().ping()
    except (redis.AuthenticationError, redis.ResponseError) as error:
        return str(error).rstrip(".")
    except redis.RedisError as error:
        return str(error).rstrip(".") if "SSL" in str(error) else None
    return None


def make_async(*, timeout: float) -> "redis.asyncio.Redis":
    """A client for one event loop; an answer within ``timeout`` seconds or an error."""
    return redis.asyncio.Redis(
        **settings.REDIS.client_arguments(),
        socket_timeout=timeout,
        socket_connect_timeout=CONNECT_SECONDS,
    )


def make_subscriber() -> "redis.asyncio.Redis":
    """A client for subscriptions, which wait for as long as nothing is published.

    One that is cut off is made again by who owns it, not by the client on its own.
    """
    return redis.asyncio.Redis(
        **settings.REDIS.client_arguments(),
        socket_timeout=None,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=AsyncRetry(NoBackoff(), 0),
    )
