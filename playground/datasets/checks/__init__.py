"""What is wrong with a dataset's file.

- examination: a file examined
- codes: all findings and fixes there are
- file_codes: findings about files and forms
- row_codes: findings about separators, rows and labels
- fix_codes: fixes
- kinds: what is the same about all findings of one code
- findings: one finding
- collecting: from what is reported to findings
- canonical: the canonical file, written and read
- whole_file: a file that is there whole or not at all
- contents: rows that were read and cannot be used
- lengths: tokens
- affixes: how prompts and completions begin and end
- duplicates: rows that are there twice, or nearly
- fingerprints: what was there before, in few bytes
- classes: task and labels
"""

from playground.datasets.checks.examination import Examination, examine
from playground.datasets.checks.findings import Example, Finding

__all__ = ["Examination", "Example", "Finding", "examine"]
