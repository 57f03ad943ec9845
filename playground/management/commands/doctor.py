"""``manage.py doctor``: what is right and what is wrong, in words."""

import sys
from typing import Any

from django.core.management import BaseCommand

from playground.management.examination import examine
from playground.management.findings import Verdict


class Command(BaseCommand):
    help = "Checks every part of this installation and says what is wrong and what to do."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        styles = {
            Verdict.GOOD: self.style.SUCCESS,
            Verdict.NOTE: self.style.WARNING,
            Verdict.WRONG: self.style.ERROR,
        }
        wrong = 0
        for finding in examine():
            wrong += finding.verdict is Verdict.WRONG
            mark = styles[finding.verdict](f"{finding.verdict.value:5}")
            self.stdout.write(f"{mark}  {finding.part}: {finding.sentence}")
            if finding.advice:
                self.stdout.write(f"       -> {finding.advice}")
        if wrong:
            self.stdout.write(f"\n{wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
            sys.exit(1)
        self.stdout.write("\nAll is well.")
