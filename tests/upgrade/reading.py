"""What a page of the playground says, read from its HTML as a browser would read it.

Only what people and scripts hold on to is read: names of inputs, test ids, links. The words
around them and their order may change.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

# They never have an end tag.
VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"})
# What of a form says nothing of the page's state.
PASSING = frozenset({"csrfmiddlewaretoken"})


@dataclass
class Element:
    """An element with its children; texts are plain strings among them."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    def walk(self) -> "Iterator[Element]":
        """This element and all below it, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def find(self, **attributes: str) -> "list[Element]":
        """All below with these attributes; ``data_testid`` is data-testid, ``tag`` the tag."""
        wanted = {name.replace("_", "-"): value for name, value in attributes.items()}
        tag = wanted.pop("tag", None)
        return [
            one
            for one in self.walk()
            if (tag is None or one.tag == tag)
            and all(one.attributes.get(name) == value for name, value in wanted.items())
        ]

    @property
    def text(self) -> str:
        """All text in it. A textarea does not have the line break after its tag."""
        text = "".join(child if isinstance(child, str) else child.text for child in self.children)
        return text.removeprefix("\n") if self.tag == "textarea" else text


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place].tag == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read_page(html: str) -> Element:
    builder = _Builder()
    builder.feed(html.replace("\r\n", "\n"))
    builder.close()
    return builder.root


def plain(text: str) -> str:
    """The text with one space where the page has any white space."""
    return " ".join(text.split())


def form_state(page: Element) -> dict[str, list[str]]:
    """What the workbench's form would post: values by name, in the order of the page."""
    (editor,) = page.find(id="editor")
    inside = {id(one) for one in editor.walk()}
    state: dict[str, list[str]] = {}
    for one in page.walk():
        # The model's menu is outside the form and names it.
        if id(one) not in inside and one.attributes.get("form") != "editor":
            continue
        name = one.attributes.get("name", "")
        value = _posted_value(one)
        if name and name not in PASSING and value is not None:
            state.setdefault(name, []).append(value)
    return state


def _posted_value(element: Element) -> str | None:
    """What an element adds to its form; None for what adds nothing."""
    if element.tag == "textarea":
        return element.text
    if element.tag == "select":
        options = [one for one in element.walk() if one.tag == "option"]
        chosen = [one for one in options if "selected" in one.attributes] or options[:1]
        return chosen[0].attributes.get("value", chosen[0].text) if chosen else None
    if element.tag != "input":
        return None
    if element.attributes.get("type") in ("checkbox", "radio"):
        return element.attributes.get("value", "on") if "checked" in element.attributes else None
    return element.attributes.get("value", "")


def workbench_facts(html: str) -> dict[str, Any]:
    """What a page of the workbench shows: its form, and the run with what belongs to it."""
    page = read_page(html)
    facts: dict[str, Any] = {
        "title": plain("".join(one.text for one in page.find(tag="h1"))),
        "form": form_state(page),
        "status": _text_of(page, data_testid="status"),
        "output": _text_of(page, data_testid="output"),
        "siblings": plain(_text_of(page, **{"class": "sibling-count"})),
        "tree": sorted(set(_run_links(page, id="tree-list"))),
        "branches": sorted(set(_run_links(page, **{"class": "menu branches"}))),
    }
    if facts["status"] == "failed":
        (output,) = page.find(id="run-output")
        facts["error"] = plain("".join(one.text for one in output.find(tag="p")))
    return facts


def _text_of(page: Element, **attributes: str) -> str:
    return "".join(one.text for one in page.find(**attributes))


def _run_links(page: Element, **attributes: str) -> list[str]:
    inside = [one for part in page.find(**attributes) for one in part.walk()]
    targets = [one.attributes.get("href", "") for one in inside]
    return [target for target in targets if target.startswith("/runs/")]


def row_ids(html: str, prefix: str) -> list[str]:
    """The ids of a list's rows, such as ``run-<id>``, in the order of the page."""
    elements = read_page(html).walk()
    ids = (one.attributes.get("id", "") for one in elements if one.tag == "li")
    return [one.removeprefix(prefix) for one in ids if one.startswith(prefix)]


def shared_facts(html: str) -> dict[str, Any]:
    """What a stranger reads of a shared prompt."""
    page = read_page(html)
    return {
        "title": plain("".join(one.text for one in page.find(tag="h1"))),
        "prompt": _text_of(page, data_testid="shared-prompt"),
        "outputs": [one.text for one in page.find(data_testid="shared-output")],
        "tables": [plain(one.text) for one in page.find(tag="table")],
    }


def diff_facts(html: str) -> dict[str, Any]:
    """What two versions have in common and what not."""
    (text,) = read_page(html).find(data_testid="diff")
    return {
        "text": text.text,
        "added": [one.text for one in text.find(tag="ins")],
        "removed": [one.text for one in text.find(tag="del")],
    }
