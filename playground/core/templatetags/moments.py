"""Times in lists."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def moment(value: datetime, *, time: bool = False) -> SafeString:
    """A time: of today the hour, else the day. A script puts it into the reader's time zone.

    time: the hour in any case, where the day is written elsewhere.
    """
    local = timezone.localtime(value)
    is_today = local.date() == timezone.localdate()
    shown = f"{local:%H:%M} UTC" if is_today or time else f"{local.day} {local:%b %Y}"
    markup = '<local-time{}><time datetime="{}">{}</time></local-time>'
    return format_html(markup, " data-time" if time else "", local.isoformat(), shown)
