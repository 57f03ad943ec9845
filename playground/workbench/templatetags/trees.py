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
    # Of what is in them, only the label is anybody's text.
    return mark_safe("\n".join(_node(node) for node in tree.nodes))  # noqa: S308


def _node(node: Node) -> str:
    branches, said = node.branches, _describe_signs(node)
    return (
        f'<li role="none"><a class="tree-node" role="treeitem"{_attributes(node)}>'
        '<span class="status-mark" aria-hidden="true"></span>'
        f'<span class="tree-label" dir="auto" translate="no">{escape(node.label)}</span>'
        + (_STAR if node.run.starred else "")
        + (
            f'<span class="tree-branches" aria-hidden="true">{branches}</span>'
            if branches > 1
            else ""
        )
        + (f'<span class="sr-only">{said}</span>' if said else "")
        + "</a></li>"
    )


def _attributes(node: Node) -> str:
    run, page = node.run, node.page
    return (
        f' id="node-{run.pk}" href="{page}" aria-level="{node.level}"'
        f' aria-posinset="{node.place}" aria-setsize="{node.among}"'
        f' data-status="{run.status}" data-indent="{node.indent}"'
        + (f' data-parent="node-{run.parent_id}"' if run.parent_id else "")
        + (" data-starred" if run.starred else "")
        + (" data-on-path" if node.on_path else "")
        + _opening(node, page)
    )


def _opening(node: Node, page: str) -> str:
    """The same prompt: only the panel changes. Any other run is a page of its own."""
    if node.is_current:
        return ' aria-current="true"'
    if not node.is_sibling:
        return ""
    return (
        f' hx-get="{node.output}" hx-push-url="{page}" hx-target="#run-panel" hx-swap="outerHTML"'
        ' hx-sync="#editor:drop"'
    )


def _describe_signs(node: Node) -> str:
    """What a sign says to those who see it."""
    words = ["starred"] if node.run.starred else []
    if node.run.status != Run.Status.SUCCEEDED:
        words.append(node.run.status)
    if node.branches:
        words.append(f"{node.branches} branch{'es' if node.branches > 1 else ''}")
    return "".join(f", {word}" for word in words)
