"""Times and names in lists."""

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from playground.prompts.catalog import TEMPLATES

register = template.Library()


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """A time: of today the hour, else the day. A script puts it into the reader's time zone."""
    local = timezone.localtime(value)
    is_today = local.date() == timezone.localdate()
    shown = f"{local:%H:%M} UTC" if is_today else f"{local.day} {local:%b %Y}"
    markup = '<local-time><time datetime="{}">{}</time></local-time>'
    return format_html(markup, local.isoformat(), shown)


@register.filter
def template_name(slug: str) -> str:
    """What a template is called, by the slug that rows keep."""
    return TEMPLATES[slug].name if slug in TEMPLATES else slug
