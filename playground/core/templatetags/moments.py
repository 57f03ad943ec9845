"""Times in lists."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """A time: of today the hour, else the day. A script puts it into the reader's time zone."""
    local = timezone.localtime(value)
    is_today = local.date() == timezone.localdate()
    shown = f"{local:%H:%M} UTC" if is_today else f"{local.day} {local:%b %Y}"
    markup = '<local-time><time datetime="{}">{}</time></local-time>'
    return format_html(markup, local.isoformat(), shown)
