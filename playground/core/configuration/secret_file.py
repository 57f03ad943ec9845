"""A secret of this installation, made once and kept in a file."""

import os
import secrets
import tempfile
from pathlib import Path

_MEND = "put the key back from a copy, or delete the file, and every guest becomes a new one"


def secret_kept_in(path: Path) -> str:
    """The secret in ``path``; made on the first call, readable as the umask lets it.

    Several processes may start at once: the file appears whole or not at all,
    and the first one wins. Raises `ValueError`, with a text that follows a setting's
    name, for a file that has no secret in it or cannot be read.
    """
    try:
        if not path.exists():
            _make(path)
        secret = path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ValueError(f"is kept in {path}, which is not UTF-8 text; {_MEND}") from None
    except OSError as error:
        raise ValueError(
            f"is kept in {path}, which cannot be read ({error.strerror}); let this user read it"
        ) from None
    if not secret:
        raise ValueError(f"is kept in {path}, which is empty; {_MEND}")
    return secret


def _make(path: Path) -> None:
    # mkstemp's files are the owner's alone, whatever UMASK shares with a group.
    handle, name = tempfile.mkstemp(dir=path.parent)
    os.umask(umask := os.umask(0o077))
    os.fchmod(handle, 0o660 & ~umask)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(secrets.token_urlsafe(50))
    try:
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
