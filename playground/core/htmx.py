"""What htmx says in a request's headers, read so that no value of them is an error."""

from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import cached_property
from django_htmx import middleware


class HtmxDetails(middleware.HtmxDetails):
    """Of headers that nobody can read, there is nothing."""

    @cached_property
    def current_url(self) -> str | None:
        """The address of the page that asked, if it is one."""
        url = self._get_header_value("HX-Current-URL")
        try:
            urlsplit(url or "")
        except ValueError:
            return None
        return url

    @property
    def current_path(self) -> str:
        """The path of the page that asked; "" when it did not say."""
        return urlsplit(self.current_url or "").path

    @cached_property
    def triggering_event(self) -> Any:
        try:
            return super().triggering_event
        except (ValueError, RecursionError):
            return None
