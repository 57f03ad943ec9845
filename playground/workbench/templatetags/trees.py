"""The nodes of a tree, of which there can be hundreds: made here, since a template takes long."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from playground.core.templatetags.icons import icon
from playground.runs.models import Run
from playground.workbench.tree import Node, Tree

register = template.Library()

_STAR = icon("star", classes="tree-star")


@register.simple_tag
def tree_nodes(tree: Tree) -> SafeString:
    """Each as a link that is an item of a tree."""
    return _mark_made("\n".join(_node(node) for node in tree.nodes))


@register.simple_tag
def whole_tree_nodes(tree: Tree) -> SafeString:
    """Each as a link on a page of its own, with a box to tick, and what made it in words."""
    return _mark_made("\n".join(_row(node) for node in tree.nodes))


def _mark_made(html: str) -> SafeString:
    # Of what is in it, only labels and facts are anybody's text: they are escaped.
    return mark_safe(html)  # noqa: S308


def _node(node: Node) -> str:
    role = (
        f' role="treeitem" aria-level="{node.level}" aria-posinset="{node.place}"'
        f' aria-setsize="{node.among}" title="{escape(node.facts)}"'
        f' aria-description="{escape(node.facts)}"'
    )
    return (
        f'<li role="none"><a class="tree-node"{role}{_attributes(node)}{_opening(node)}>'
        f"{_inside(node)}</a></li>"
    )


def _row(node: Node) -> str:
    shown = ' aria-current="true"' if node.is_current else ""
    return (
        '<li class="whole-tree-row">'
        f'<input type="checkbox" name="runs" value="{node.run.pk}"'
        f' aria-label="Compare: {escape(node.label)}">'
        f'<a class="tree-node"{_attributes(node)}{shown}>{_inside(node)}'
        f'<span class="whole-tree-facts" translate="no">{escape(node.facts)}</span></a></li>'
    )


def _inside(node: Node) -> str:
    branches, said = node.branches, _describe_signs(node)
    return (
        f"{_rails(node)}"
        f'<span class="tree-label" dir="auto" translate="no">{escape(node.label)}</span>'
        + (_STAR if node.run.starred else "")
        + (
            f'<span class="tree-branches" aria-hidden="true">{branches}</span>'
            if branches > 1
            else ""
        )
        + (f'<span class="sr-only">{said}</span>' if said else "")
    )


def _attributes(node: Node) -> str:
    run = node.run
    return (
        f' id="node-{run.pk}" href="{node.page}" data-status="{run.status}"'
        f' data-facts="{escape(node.facts)}"'
        + (f' data-parent="node-{run.parent_id}"' if run.parent_id else "")
        + (" data-starred" if run.starred else "")
        + (" data-on-path" if node.on_path else "")
    )


def _rails(node: Node) -> str:
    """The lines to its ancestors, and its dot with the lines to its parent and its children."""
    lines = "".join(f'<i class="rail rail--{rail}"></i>' for rail in node.rails)
    dot = "tree-dot" + (" tree-dot--chained" if node.is_chained else "")
    dot += " tree-dot--goes-on" if node.branches else ""
    return (
        f'<span class="rails" aria-hidden="true">{lines}'
        f'<span class="{dot}"><span class="status-mark"></span></span></span>'
    )


def _opening(node: Node) -> str:
    """The same prompt: only the panel changes. Any other run is a page of its own."""
    if node.is_current:
        return ' aria-current="true"'
    if not node.is_sibling:
        return ""
    return (
        f' hx-get="{node.output}" hx-push-url="{node.page}" hx-target="#run-panel"'
        ' hx-swap="outerHTML" hx-sync="#editor:drop"'
    )


def _describe_signs(node: Node) -> str:
    """What a sign says to those who see it."""
    words = ["starred"] if node.run.starred else []
    if node.run.status != Run.Status.SUCCEEDED:
        words.append(node.run.status)
    if node.branches:
        words.append(f"{node.branches} branch{'es' if node.branches > 1 else ''}")
    return "".join(f", {word}" for word in words)
