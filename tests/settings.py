"""The project's settings, with a folder, a server and a registry that belong to the test run."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="gptj-tests-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)

for _name in ("DATABASE_URL", "REDIS_URL", "DEBUG", "SECURE_SITE", "TRUSTED_PROXIES", "EMAIL_URL"):
    os.environ.pop(_name, None)
# Any database can be tested: TEST_DATABASE_URL=postgres://... make test
if _url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = _url
os.environ["VAR_DIR"] = str(_folder)
os.environ["MODELS_FILE"] = str(_folder / "models.toml")
os.environ["LOG_LEVEL"] = "WARNING"

from tests.support.checkpoints import write_text_side  # noqa: E402

write_text_side(_folder / "tiny")
(_folder / "models.toml").write_text(
    '[models.tiny]\npath = "tiny"\nslots = 4\n[models.other]\npath = "tiny"\n', encoding="utf-8"
)

from playground.settings import *  # noqa: E402, F403

# `make front` builds the front end; unit tests need no script.
STATICFILES_DIRS = [_folder / "dist"]
STATICFILES_DIRS[0].mkdir()
# Each new client lists them all; the admin's hundred and more would take most of its time.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
