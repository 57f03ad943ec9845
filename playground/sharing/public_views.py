"""What a link or the gallery shows to everybody. Reading makes nobody a person, and a fork
writes only in the reader's own prompts: no route here changes anything of the owner's."""

import uuid

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from playground.accounts.people import person_for_write, person_of
from playground.library.drafts import current_draft
from playground.prompts.state import first_title
from playground.sharing.forks import prompt_fork
from playground.sharing.gallery import GalleryQuery, gallery_page, shown_in_gallery
from playground.sharing.page import shared_page, shown_form
from playground.sharing.previews import preview_of, preview_png
from playground.sharing.shares import Shown, shown_by_link
from playground.workbench.page import workbench
from playground.workbench.save_bar import Saving


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The prompt that a link shows."""
    return _page(request, shown_by_link(token))


@require_safe
def shared_open(request: HttpRequest, token: str) -> HttpResponse:
    """The same in the playground."""
    return _opened(request, shown_by_link(token, most_runs=0))


@require_http_methods(["GET", "HEAD", "POST"])
def shared_fork(request: HttpRequest, token: str) -> HttpResponse:
    """A copy among the reader's own prompts."""
    return _forked(request, shown_by_link(token))


@require_safe
def shared_image(request: HttpRequest, token: str) -> HttpResponse:
    """The picture that other sites show of the link."""
    return _image(shown_by_link(token, most_runs=1))


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Published prompts, searched and filtered; for HTMX the list alone."""
    query = GalleryQuery.of(request.GET)
    context = {"gallery": gallery_page(query, number=request.GET.get("page", "1")), "query": query}
    page = "sharing/_gallery_list.html" if request.htmx else "sharing/gallery.html"  # type: ignore[attr-defined]
    return render(request, page, context)


@require_safe
def gallery_prompt(request: HttpRequest, published_id: uuid.UUID) -> HttpResponse:
    """A published prompt."""
    return _page(request, shown_in_gallery(published_id))


@require_safe
def gallery_open(request: HttpRequest, published_id: uuid.UUID) -> HttpResponse:
    """The same in the playground."""
    return _opened(request, shown_in_gallery(published_id, most_runs=0))


@require_http_methods(["GET", "HEAD", "POST"])
def gallery_fork(request: HttpRequest, published_id: uuid.UUID) -> HttpResponse:
    """A copy among the reader's own prompts."""
    return _forked(request, shown_in_gallery(published_id))


@require_safe
def gallery_image(request: HttpRequest, published_id: uuid.UUID) -> HttpResponse:
    """The picture that other sites show of a published prompt."""
    return _image(shown_in_gallery(published_id, most_runs=1))


def _page(request: HttpRequest, shown: Shown) -> HttpResponse:
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
        # Whoever follows a link from here does not take the token along.
        response["Referrer-Policy"] = "no-referrer"
    return _discreet(response, shown)


def _opened(request: HttpRequest, shown: Shown) -> HttpResponse:
    """The workbench with what is shown. Nothing is saved before something is typed or run."""
    form = shown_form(shown)
    saving = Saving(
        template=form.template,
        title=first_title(form),
        other=current_draft(person_of(request), template=form.template.slug),
    )
    return _discreet(
        render(request, "workbench/workbench.html", workbench(form, saving=saving)), shown
    )


def _forked(request: HttpRequest, shown: Shown) -> HttpResponse:
    if request.method != "POST":
        # A form on a page without a referrer is posted without an origin, which is refused. So
        # the form has this page of its own; with scripts, the shared page posts by itself.
        page = shared_page(shown)
        return _discreet(render(request, "sharing/fork.html", {"page": page}), shown)
    fork = prompt_fork(person=person_for_write(request), shown=shown)
    address = reverse("workbench:prompt", args=[fork.pk])
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address, status=303)


def _image(shown: Shown) -> HttpResponse:
    png = preview_png(preview_of(shown))
    return _discreet(HttpResponse(png, content_type="image/png"), shown)


def _discreet(response: HttpResponse, shown: Shown) -> HttpResponse:
    """A link is in no index. (As every answer, it is in no cache: what is closed is closed.)"""
    if shown.share is not None:
        response["X-Robots-Tag"] = "noindex"
    return response
