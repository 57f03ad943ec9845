"""Findings as a page shows them."""

from dataclasses import dataclass

from playground.datasets.changes import fix_title
from playground.datasets.checks import Finding
from playground.datasets.models import DatasetVersion

# By severity, its title and its icon.
SEVERITIES = {
    "error": ("Error", "close"),
    "warning": ("Warning", "warning"),
    "advice": ("Advice", "info"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFix:
    """A fix that a page offers."""

    code: str
    title: str


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding with the words and the icon of its severity, and its fixes by name."""

    finding: Finding

    @property
    def severity_title(self) -> str:
        return SEVERITIES[self.finding.severity][0]

    @property
    def icon(self) -> str:
        return SEVERITIES[self.finding.severity][1]

    @property
    def fixes(self) -> list[ShownFix]:
        """The first is the one that is proposed."""
        codes = filter(None, (self.finding.fix, *self.finding.other_fixes))
        return [ShownFix(code=code, title=fix_title(code)) for code in codes]


def shown_findings(version: DatasetVersion) -> list[ShownFinding]:
    """What the checks found in the version: errors first, then warnings, then advice."""
    return [ShownFinding(Finding.from_json(finding)) for finding in version.findings]
