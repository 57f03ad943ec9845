"""The message that a fine-tune has ended: who sends it, when, and how often at most.

Every worker that fine-tunes looks for what is due. A try is claimed by compare-and-set and counted
before the message goes out, so that a worker that dies in it tries at most `TRIES` times with the
others. One that dies after the mail server took the message, and before that was noted, makes
another one send it again: both have the same Message-ID, by which mailboxes tell them to be one.
"""

import time
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import close_old_connections
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from playground.accounts.authentication.emails import mail_address
from playground.accounts.mail import (
    failure_of,
    is_mail_set_up,
    is_refused_for_good,
    mail_send,
    one_line,
)
from playground.core.failures import is_passing, reason_of
from playground.finetunes.models import FineTune, FineTuneMail

# How long a try may take, and after which pause the next one comes.
PAUSES = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
TRIES = len(PAUSES)
# Messages of one look.
AT_ONCE = 50
# Between two tries to note what was sent, while the database is away.
NOTE_SECONDS = 2.0
# How it ended, for which a message is sent. Who cancels one knows of its end.
ENDS = {
    FineTune.Status.SUCCEEDED: "is done",
    FineTune.Status.STOPPED: "was stopped, and its best state is kept",
    FineTune.Status.FAILED: "failed",
}
_MAX_NAME = 80

log = structlog.get_logger(__name__)


def mails_send(*, wait: Callable[[float], object] = time.sleep) -> int:
    """Sends what is due. Returns how many messages were handed to the mail server.

    wait: for so many seconds; true ends the waiting for good.
    """
    if not is_mail_set_up():
        return 0
    sent = 0
    for mail in _due_mails():
        if _claim(mail):
            sent += _send(mail, wait)
    return sent


def _due_mails() -> list[FineTuneMail]:
    due = FineTuneMail.objects.filter(due_at__lte=Now(), finetune__status__in=list(ENDS))
    return list(due.select_related("finetune__person__user").order_by("due_at")[:AT_ONCE])


def _claim(mail: FineTuneMail) -> bool:
    """Takes the next try, and says when another worker may take the one after it."""
    rows = FineTuneMail.objects.filter(pk=mail.pk, tries=mail.tries, due_at__lte=Now())
    if mail.tries >= TRIES:
        rows.update(due_at=None)
        log.warning("mail_given_up", finetune=str(mail.finetune_id))
        return False
    due_at = timezone.now() + PAUSES[mail.tries]
    return bool(rows.update(tries=mail.tries + 1, due_at=due_at))


def _send(mail: FineTuneMail, wait: Callable[[float], object]) -> bool:
    finetune = mail.finetune
    mine = FineTuneMail.objects.filter(pk=mail.pk, tries=mail.tries + 1)
    # Not before now: it may have been removed since the start.
    to = mail_address(finetune.person)
    if not to:
        mine.update(due_at=None)
        return False
    try:
        mail_send(
            to=to,
            subject=f"Fine-tune {_quoted_name(finetune)} {ENDS[FineTune.Status(finetune.status)]}",
            text=_text(finetune, mail.link),
            message_id=f"finetune-{finetune.pk}",
        )
    # An address or a name that no message can have comes back as often as it is tried.
    except (OSError, ValueError) as error:
        log.warning("mail_not_sent", finetune=str(finetune.pk), error=failure_of(error))
        if is_refused_for_good(error) or isinstance(error, ValueError):
            mine.update(due_at=None)
        return False
    _note_sent(mine, wait)
    return True


def _note_sent(mine: QuerySet[FineTuneMail], wait: Callable[[float], object]) -> None:
    while True:
        try:
            mine.update(due_at=None, sent_at=Now())
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("mail_not_noted", error=reason_of(error))
            close_old_connections()
        else:
            return
        if wait(NOTE_SECONDS):
            return


def _text(finetune: FineTune, link: str) -> str:
    """Nothing of the dataset and nothing that a program said: those are on the page."""
    return (
        f"Your fine-tune {_quoted_name(finetune)} of {finetune.base} "
        f"{ENDS[FineTune.Status(finetune.status)]}.\n\n"
        f"{link}\n\n"
        "You asked for this message when you started it.\n"
    )


def _quoted_name(finetune: FineTune) -> str:
    return f"\u201c{one_line(finetune.name, _MAX_NAME)}\u201d"
