"""A secret of this installation, made once and kept in a file."""

import os
import secrets
import tempfile
from pathlib import Path


def secret_kept_in(path: Path) -> str:
    """The secret in ``path``; made on the first call, readable as the umask lets it.

    Several processes may start at once: the file appears whole or not at all,
    and the first one wins.
    """
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
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
        return path.read_text(encoding="utf-8")
