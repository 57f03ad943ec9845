"""The public pages of links and the gallery. Reading creates no person, and a fork writes only
among the reader's own prompts: no route here changes the owner's data."""

import uuid

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from playground.accounts.people import person_for_write
from playground.core.http import HtmxRequest, open_page
from playground.sharing.forks import prompt_fork
from playground.sharing.gallery import GalleryForm, gallery_page, shown_in_gallery
from playground.sharing.page import shared_page
from playground.sharing.previews import preview_of, preview_png
from playground.sharing.shares import Shown, shown_by_link


@login_not_required
@require_safe
def shared(request: HtmxRequest, token: str) -> HttpResponse:
    """The prompt that a link shows."""
    return _page(request, shown_by_link(token))


@require_http_methods(["GET", "HEAD", "POST"])
def shared_fork(request: HtmxRequest, token: str) -> HttpResponse:
    """A copy among the reader's own prompts."""
    return _answer_fork(request, shown_by_link(token))


@login_not_required
@require_safe
def shared_image(request: HtmxRequest, token: str) -> HttpResponse:
    """The picture that other sites show of the link."""
    return _image(shown_by_link(token, most_runs=1))


@login_not_required
@require_safe
def gallery(request: HtmxRequest) -> HttpResponse:
    """Published prompts, searched and filtered; for HTMX the list alone."""
    query = GalleryForm(request.GET).read()
    part = "#rows" if request.htmx else ""
    context = {"gallery": gallery_page(query), "query": query}
    return render(request, f"sharing/gallery.html{part}", context)


@login_not_required
@require_safe
def gallery_prompt(request: HtmxRequest, published_id: uuid.UUID) -> HttpResponse:
    """A published prompt."""
    return _page(request, shown_in_gallery(published_id))


@require_http_methods(["GET", "HEAD", "POST"])
def gallery_fork(request: HtmxRequest, published_id: uuid.UUID) -> HttpResponse:
    """A copy among the reader's own prompts."""
    return _answer_fork(request, shown_in_gallery(published_id))


@login_not_required
@require_safe
def gallery_image(request: HtmxRequest, published_id: uuid.UUID) -> HttpResponse:
    """The picture that other sites show of a published prompt."""
    return _image(shown_in_gallery(published_id, most_runs=1))


def _page(request: HtmxRequest, shown: Shown) -> HttpResponse:
    page = shared_page(shown)
    context = {
        "page": page,
        "shown": shown,
        "template": page.template,
        "address": request.build_absolute_uri(page.address),
        "image": request.build_absolute_uri(page.image_address),
    }
    response = render(request, "sharing/page.html", context)
    if shown.share is not None:
        # A person who follows a link from here does not pass the token on.
        response["Referrer-Policy"] = "no-referrer"
    return keep_unlisted(response, shown)


def _answer_fork(request: HtmxRequest, shown: Shown) -> HttpResponse:
    if request.method != "POST":
        # A form on a page without a referrer is posted without an origin, which is refused. So the
        # form is on this separate page; with scripts, the shared page posts by itself.
        page = shared_page(shown)
        return keep_unlisted(render(request, "sharing/fork.html", {"page": page}), shown)
    fork = prompt_fork(person=person_for_write(request), shown=shown)
    address = reverse("workbench:prompt", args=[fork.pk])
    return open_page(request, address)


def _image(shown: Shown) -> HttpResponse:
    png = preview_png(preview_of(shown))
    return keep_unlisted(HttpResponse(png, content_type="image/png"), shown)


def keep_unlisted(response: HttpResponse, shown: Shown) -> HttpResponse:
    """A link is in no search engine's index.

    (Like every answer, it is in no cache: a closed link is closed.)
    """
    if shown.share is not None:
        response["X-Robots-Tag"] = "noindex"
    return response
