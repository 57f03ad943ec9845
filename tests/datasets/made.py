"""Datasets as rows and files, without a worker."""

import hashlib
from typing import Any

from playground.accounts.models import Person
from playground.datasets import files
from playground.datasets.checks import Finding
from playground.datasets.models import Dataset, DatasetVersion
from workers.check.examination import Examining, examine_version

ROWS = "".join(f"Email: secret {n}? Topic: label{n % 3}<|endoftext|>\n" for n in range(120))
# Its only fault has a fix.
FAULTY = '{"prompt": "Q:", "completion": " secret"}\n' * 3 + '{"prompt": "Q:", "completion": ""}\n'


def make_dataset(
    person: Person, *, content: str = FAULTY, checked: bool = True, **values: Any
) -> Dataset:
    """A dataset whose first version has ``content``; ``checked`` as a worker would."""
    data = content.encode()
    sha256 = hashlib.sha256(data).hexdigest()
    path = files.original_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    row = {"person": person, "name": "A dataset", "model": "tiny", **values}
    dataset = Dataset.objects.create(**row)
    dataset.head = DatasetVersion.objects.create(
        dataset=dataset, number=1, sha256=sha256, size=len(data), file_name="rows.jsonl"
    )
    dataset.save()
    if checked:
        _check_once(dataset.head)
    return dataset


# What a check found in files that were made before, and the rows that it wrote.
_FOUND: dict[tuple[str, str], tuple[dict[str, Any], bytes | None]] = {}
_OF_A_CHECK = ("attempt", "state", "form", "rows", "tokens", "findings", "figures", "checked_at")


def _check_once(version: DatasetVersion) -> None:
    """`check`, whose outcome for the same file is known."""
    key = (version.sha256, version.dataset.model)
    if key not in _FOUND:
        check(version)
        found = {name: getattr(version, name) for name in _OF_A_CHECK}
        rows = version.rows_path.read_bytes() if version.rows_path.exists() else None
        _FOUND[key] = (found, rows)
        return
    found, rows = _FOUND[key]
    if rows is not None:
        version.rows_path.write_bytes(rows)
    DatasetVersion.objects.filter(pk=version.pk).update(**found)
    version.refresh_from_db()


def check(version: DatasetVersion) -> DatasetVersion:
    """Examines the version as a worker does."""
    version.worker, version.attempt = "w", version.attempt + 1
    version.save(update_fields=["worker", "attempt"])
    examine_version(Examining(version))
    version.refresh_from_db()
    return version


def finding(**values: Any) -> dict[str, Any]:
    """A finding as a row keeps it."""
    given = {"code": "empty_completion", "severity": "error", "sentence": "Mend it.", **values}
    return Finding(**given).to_json()
