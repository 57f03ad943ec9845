"""What is wrong with a dataset's file.

- codes: all findings there are
- findings: one finding
- canonical: the canonical file, written and read
- examination: a file examined
"""

from playground.datasets.checks.examination import Examination, examine
from playground.datasets.checks.findings import Example, Finding

__all__ = ["Example", "Examination", "Finding", "examine"]
