"""All settings, each read once from the environment with a strict helper.

``docs/settings.md`` says what each variable means; a test keeps the two lists
equal. A value that cannot be read ends the start with one sentence
(core/configuration/environment.py).
"""

import os
from datetime import timedelta
from pathlib import Path

from playground.core.configuration import installed
from playground.core.configuration.arguments import argument_list
from playground.core.configuration.database_url import database
from playground.core.configuration.environment import Environment
from playground.core.configuration.folders import readable_file, writable_folder
from playground.core.configuration.hosts import (
    admin_path,
    allowed_host,
    listening_host,
    trusted_origin,
)
from playground.core.configuration.log_configuration import configure_structlog, log_configuration
from playground.core.configuration.mail_url import mail_server, sender
from playground.core.configuration.place import cookie_name, file_mask, path_prefix, socket_folder
from playground.core.configuration.price import price
from playground.core.configuration.private import database_files, share_with_group
from playground.core.configuration.redis_url import RedisAddress, embedded_socket, redis_address
from playground.core.configuration.secret_file import secret_kept_in
from playground.core.serving import policy
from playground.core.serving.static_files import add_headers

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment.of(BASE_DIR)

# --- Where things are ---------------------------------------------------------

# What users of the machine may not do with any file that is made here, in octal.
UMASK = env.parsed("UMASK", "077", file_mask)
os.umask(UMASK)
VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var", writable_folder)
MODELS_FILE = env.path("MODELS_FILE", BASE_DIR / "models" / "models.toml", readable_file)
# The files of tuned models. Every web process and every worker needs the same folder.
ADAPTERS_DIR = env.path("ADAPTERS_DIR", VAR_DIR / "adapters", writable_folder)

# --- Where the site listens ---------------------------------------------------

# Read by `manage.py up`; port 0 takes a free one.
HOST = env.parsed("HOST", "127.0.0.1", listening_host)
PORT = env.whole("PORT", 8000, most=65_535)

# --- What kind of site --------------------------------------------------------

DEBUG = env.flag("DEBUG", False)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"], allowed_host)
if HOST not in ("0.0.0.0", "::") and not env.is_set("ALLOWED_HOSTS"):  # noqa: S104
    # The one address that visitors can ask for, unless the operator says otherwise.
    ALLOWED_HOSTS = list(dict.fromkeys([*ALLOWED_HOSTS, allowed_host(HOST)]))
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", [], trusted_origin)
# The part of the host that the site has to itself; "/" is all of it.
PATH_PREFIX = env.parsed("PATH_PREFIX", "/", path_prefix)
# True when a proxy in front speaks TLS: cookies become Secure, HSTS is sent.
SECURE_SITE = env.flag("SECURE_SITE", False)
# How many proxies in front add to X-Forwarded-For; 0 takes the socket's peer.
TRUSTED_PROXIES = env.whole("TRUSTED_PROXIES", 0, most=8)
# A request's head must be complete within this many seconds, and its body may pause for as long.
REQUEST_TIMEOUT_SECONDS = env.number("REQUEST_TIMEOUT_SECONDS", 20.0, least=1.0)


def _secret_key(given: str) -> str:
    return given or secret_kept_in(VAR_DIR / "secret_key")


SECRET_KEY = env.parsed("SECRET_KEY", "", _secret_key)

# --- Django -------------------------------------------------------------------

INSTALLED_APPS, MIDDLEWARE = installed.INSTALLED_APPS, installed.MIDDLEWARE
ROOT_URLCONF = "playground.urls"
ASGI_APPLICATION = "playground.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True
CSRF_FAILURE_VIEW = "playground.core.serving.views.csrf_failure"
FORCE_SCRIPT_NAME = PATH_PREFIX.rstrip("/") or None
MESSAGE_STORAGE = "playground.core.serving.prefix.Messages"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            # In every template without a load tag.
            "builtins": [
                "playground.core.templatetags.icons",
                "template_partials.templatetags.partials",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "playground.accounts.context.visit",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------


def _database(given: str) -> dict[str, object]:
    config = database(given, var_dir=VAR_DIR, folder=BASE_DIR)
    for file in database_files(config)[:1]:
        share_with_group(file, umask=UMASK)
    return config


DATABASES = {"default": env.parsed("DATABASE_URL", "", _database)}

# --- Redis and Celery ---------------------------------------------------------


# Where the embedded server's socket is.
SOCKET_DIR = env.parsed("SOCKET_DIR", "", socket_folder)
EMBEDDED_SOCKET = embedded_socket(VAR_DIR, SOCKET_DIR)


def _redis(given: str) -> RedisAddress:
    return redis_address(given, EMBEDDED_SOCKET)


# REDIS_URL if set, else the embedded server's socket (see core/redis/valkey.py).
REDIS = env.parsed("REDIS_URL", "", _redis)
# Over how many channels the live text of all runs is spread. Workers and web processes need the
# same number; a page of one that has another reads its text every 5 s.
LIVE_SHARDS = env.whole("LIVE_SHARDS", 16, least=1, most=4096)
# The embedded server's cap on memory; a Redis of your own has its own.
EMBEDDED_REDIS_MEMORY_MB = env.whole("EMBEDDED_REDIS_MEMORY_MB", 512, least=16)

# --- Accounts -----------------------------------------------------------------

# False closes every page to guests, except views marked `login_not_required`.
ALLOW_GUESTS = env.flag("ALLOW_GUESTS", True)
# False leaves it to `manage.py createsuperuser` and the admin pages to make accounts.
ALLOW_SIGN_UP = env.flag("ALLOW_SIGN_UP", True)
# Where the admin pages are, for staff only.
ADMIN_PATH = env.parsed("ADMIN_PATH", "admin/", admin_path)
# Wrong passwords for one name from one network address before both together are locked out.
LIMIT_SIGN_IN_FAILURES = env.whole("LIMIT_SIGN_IN_FAILURES", 5, least=1)
SIGN_IN_LOCK_SECONDS = env.whole("SIGN_IN_LOCK_SECONDS", 900, least=1)
# Of one network address: looks at and tries of the sign-in page a minute, of sign-up an hour.
LIMIT_ADDRESS_SIGN_INS = env.whole("LIMIT_ADDRESS_SIGN_INS", 60, least=1)
LIMIT_ADDRESS_SIGN_UPS = env.whole("LIMIT_ADDRESS_SIGN_UPS", 60, least=1)

AUTHENTICATION_BACKENDS = [
    # First: who is locked out is told so whether or not the password is right.
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "playground.accounts.authentication.hashing.Argon2",
    "playground.accounts.authentication.hashing.PBKDF2",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = PATH_PREFIX
SESSION_ENGINE = "playground.accounts.authentication.session_store"
SESSION_COOKIE_AGE = 30 * 24 * 3600

ACCOUNT_ADAPTER = "playground.accounts.authentication.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "playground.accounts.authentication.forms.SignInForm",
    "signup": "playground.accounts.authentication.forms.SignUpForm",
    "change_password": "playground.accounts.authentication.forms.PasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*", "email"]
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_VALIDATORS = "playground.accounts.authentication.names.VALIDATORS"
# No mail server is needed. Where there is one, authentication/emails.py confirms addresses.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
ACCOUNT_LOGOUT_REDIRECT_URL = PATH_PREFIX
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {
    "login": f"{LIMIT_ADDRESS_SIGN_INS}/m/ip",
    "signup": f"{LIMIT_ADDRESS_SIGN_UPS}/h/ip",
    # django-axes counts these, in the database.
    "login_failed": None,
    # Messages that confirm an e-mail address; the key is that address.
    "confirm_email": "5/h/user,20/h/ip,5/h/key",
}

AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = LIMIT_SIGN_IN_FAILURES
AXES_COOLOFF_TIME = timedelta(seconds=SIGN_IN_LOCK_SECONDS)
# Trying while locked does not make the lock longer, so that its end can be told.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "playground.accounts.authentication.locking.tried_name"
AXES_CLIENT_IP_CALLABLE = "playground.accounts.addresses.address_as_ip"
AXES_LOCKOUT_CALLABLE = "playground.accounts.authentication.locking.answer_locked"
AXES_SENSITIVE_PARAMETERS = ["csrfmiddlewaretoken"]
# Who signed in when is nobody's business.
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# Counts what an address may do, for each web process by itself; nothing that must last.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    },
    # Pictures that previews of links show, some 40 kB each.
    "previews": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "previews",
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}

# --- Mail ---------------------------------------------------------------------

# None: no message is ever sent, and no page offers one.
MAIL = env.parsed("EMAIL_URL", "", mail_server)
DEFAULT_FROM_EMAIL = env.parsed("EMAIL_FROM", "", sender)
env.require(
    DEFAULT_FROM_EMAIL or MAIL is None,
    "EMAIL_FROM",
    "must name the sender when EMAIL_URL is set, such as Playground <play@example.org>",
)
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if MAIL else 'dummy'}.EmailBackend"
if MAIL:
    EMAIL_HOST, EMAIL_PORT = MAIL.host, MAIL.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.username, MAIL.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.starts_tls, MAIL.is_tls
# Whoever confirms an address waits for the server.
EMAIL_TIMEOUT = 10

# --- Runs ---------------------------------------------------------------------

# Limits on what one person, and all people of one address, hold queued and
# running at a time. Guests can drop their cookie, so the address has its own.
LIMIT_PERSON_ACTIVE = env.whole("LIMIT_PERSON_ACTIVE", 8, least=1)
LIMIT_ADDRESS_ACTIVE = env.whole("LIMIT_ADDRESS_ACTIVE", 32, least=1)
LIMIT_SOCKETS_PERSON = env.whole("LIMIT_SOCKETS_PERSON", 20, least=1)
LIMIT_SOCKETS_ADDRESS = env.whole("LIMIT_SOCKETS_ADDRESS", 60, least=1)
# What one person, and all people of one address, may keep: rows of each kind, and MiB of all
# kinds together.
LIMIT_PERSON_RUNS = env.whole("LIMIT_PERSON_RUNS", 50_000, least=1)
LIMIT_PERSON_PROMPTS = env.whole("LIMIT_PERSON_PROMPTS", 2_000, least=1)
LIMIT_PERSON_VERSIONS = env.whole("LIMIT_PERSON_VERSIONS", 20_000, least=1)
LIMIT_PERSON_DRAFTS = env.whole("LIMIT_PERSON_DRAFTS", 500, least=1)
LIMIT_PERSON_BATCHES = env.whole("LIMIT_PERSON_BATCHES", 200, least=1)
LIMIT_PERSON_MODELS = env.whole("LIMIT_PERSON_MODELS", 20, least=1)
LIMIT_PERSON_DATASETS = env.whole("LIMIT_PERSON_DATASETS", 100, least=1)
LIMIT_PERSON_MIB = env.whole("LIMIT_PERSON_MIB", 512, least=1)
LIMIT_ADDRESS_RUNS = env.whole("LIMIT_ADDRESS_RUNS", 400_000, least=1)
LIMIT_ADDRESS_PROMPTS = env.whole("LIMIT_ADDRESS_PROMPTS", 16_000, least=1)
LIMIT_ADDRESS_VERSIONS = env.whole("LIMIT_ADDRESS_VERSIONS", 160_000, least=1)
LIMIT_ADDRESS_DRAFTS = env.whole("LIMIT_ADDRESS_DRAFTS", 4_000, least=1)
LIMIT_ADDRESS_BATCHES = env.whole("LIMIT_ADDRESS_BATCHES", 1_600, least=1)
LIMIT_ADDRESS_MODELS = env.whole("LIMIT_ADDRESS_MODELS", 160, least=1)
LIMIT_ADDRESS_DATASETS = env.whole("LIMIT_ADDRESS_DATASETS", 800, least=1)
LIMIT_ADDRESS_MIB = env.whole("LIMIT_ADDRESS_MIB", 4_096, least=1)
# A worker whose heartbeat is older has lost its runs. Seconds.
LEASE_SECONDS = env.number("LEASE_SECONDS", 5.0, least=1.0)
HEARTBEAT_SECONDS = env.number("HEARTBEAT_SECONDS", 1.0, least=0.1)
env.require(
    HEARTBEAT_SECONDS < LEASE_SECONDS,
    "HEARTBEAT_SECONDS",
    f"must be less than LEASE_SECONDS ({LEASE_SECONDS:g}), such as a fifth of it, or each worker "
    "loses its runs between two heartbeats",
)
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 2.0, least=0.1)
MAX_ATTEMPTS = env.whole("MAX_ATTEMPTS", 3, least=1)
# How long a worker that is told to stop lets its runs finish before it gives
# them back to the queue, from where another goes on. Seconds.
SHUTDOWN_GRACE_SECONDS = env.number("SHUTDOWN_GRACE_SECONDS", 2.0, least=0)
# How long the log of a finished run stays for late readers. Seconds.
LOG_EXPIRY_SECONDS = env.whole("LOG_EXPIRY_SECONDS", 600, least=1)
# How many tuned models a worker keeps in memory; the least recently used one leaves it.
ADAPTERS_LOADED = env.whole("ADAPTERS_LOADED", 16, least=1)
# The engine's step may take this long before the process is ended. Seconds.
WATCHDOG_SECONDS = env.number("WATCHDOG_SECONDS", 60.0, least=1.0)

# --- Fine-tunes ---------------------------------------------------------------

# A folder a job, which web hosts and workers share; what comes before the trainer's command;
# threads on a CPU, 0 for half of them; on a GPU, whether the base is in 4 bits while it is tuned.
FINETUNES_DIR = env.path("FINETUNES_DIR", VAR_DIR / "finetunes", writable_folder)
FINETUNE_LAUNCHER = env.parsed("FINETUNE_LAUNCHER", "", argument_list)
FINETUNE_THREADS = env.whole("FINETUNE_THREADS", 0, most=1024)
FINETUNE_QUANTIZE = env.choice("FINETUNE_QUANTIZE", "none", ["none", "nf4"])
# What one person, and all people of one address, have queued and running at a time; what they keep.
LIMIT_PERSON_TRAINING = env.whole("LIMIT_PERSON_TRAINING", 4, least=1)
LIMIT_ADDRESS_TRAINING = env.whole("LIMIT_ADDRESS_TRAINING", 16, least=1)
LIMIT_PERSON_FINETUNES = env.whole("LIMIT_PERSON_FINETUNES", 100, least=1)
LIMIT_ADDRESS_FINETUNES = env.whole("LIMIT_ADDRESS_FINETUNES", 800, least=1)
# MiB that these take on the disk: checkpoints, results, exports.
LIMIT_PERSON_FINETUNES_MIB = env.whole("LIMIT_PERSON_FINETUNES_MIB", 20_480, least=1)
LIMIT_ADDRESS_FINETUNES_MIB = env.whole("LIMIT_ADDRESS_FINETUNES_MIB", 163_840, least=1)
# What an hour of one device costs, such as "1.90 EUR"; None says nothing of a cost.
FINETUNE_COST_PER_HOUR = env.parsed("FINETUNE_COST_PER_HOUR", "", price)
LIMIT_FINETUNE_MINUTES = env.whole("LIMIT_FINETUNE_MINUTES", 720, least=1)  # Of one training.

# --- Datasets -----------------------------------------------------------------

# The largest file, and what the files of all people may take together.
DATASET_MAX_MB = env.whole("DATASET_MAX_MB", 100, least=1, most=4_000)
DATASETS_TOTAL_MIB = env.whole("DATASETS_TOTAL_MIB", 20_480, least=1)
# How long an upload that stopped can be continued. Hours.
UPLOAD_EXPIRY_HOURS = env.whole("UPLOAD_EXPIRY_HOURS", 72, least=1)

# --- Cookies and transport ----------------------------------------------------

SESSION_COOKIE_NAME = cookie_name("sessionid", PATH_PREFIX)
CSRF_COOKIE_NAME = cookie_name("csrftoken", PATH_PREFIX)
MESSAGES_COOKIE_NAME = cookie_name("messages", PATH_PREFIX)
PERSON_COOKIE_NAME = cookie_name("person", PATH_PREFIX)
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = PATH_PREFIX
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE_SITE else None
SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SITE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# The proxy sends visitors to TLS; what holds for sibling domains is not ours to say.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

CONTENT_SECURITY_POLICY = policy.CONTENT_SECURITY_POLICY

# --- Static files -------------------------------------------------------------

STATIC_URL = f"{PATH_PREFIX}static/"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
# Files are served from where the front end is built; there is no second copy.
SERVESTATIC_USE_FINDERS = True
SERVESTATIC_AUTOREFRESH = DEBUG
SERVESTATIC_MAX_AGE = 0 if DEBUG else 3600
SERVESTATIC_ADD_HEADERS_FUNCTION = None if DEBUG else add_headers
STATIC_ROOT = None

# --- Logs ---------------------------------------------------------------------

LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"])
# "console" for people, "json" for machines.
LOG_FORMAT = env.choice("LOG_FORMAT", "console", ["console", "json"])

LOGGING = log_configuration(level=LOG_LEVEL, form=LOG_FORMAT)
configure_structlog()


# Names that look like settings and are none; see core/configuration/checks.py.
MISSPELT = list(env.misspelt())
