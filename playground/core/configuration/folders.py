"""Rules for paths in the settings. Each raises `ValueError` with a text that follows a name."""

import tempfile
from pathlib import Path


def writable_folder(path: Path) -> None:
    """Makes the folder if need be, and tries whether a file can be made in it."""
    try:
        if path.exists() and not path.is_dir():
            raise ValueError(
                f"is {path}, which is no folder; choose another name, or move that away"
            )
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise ValueError(
            f"is {path}, where nothing can be written ({error.strerror}); choose a folder of "
            "your own"
        ) from None


def readable_file(path: Path) -> None:
    """The file exists and can be opened."""
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise ValueError(
            f"is {path}, which cannot be read ({error.strerror}); correct the path"
        ) from None
