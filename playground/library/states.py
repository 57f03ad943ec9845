"""The state of a page as versions and drafts keep it."""

from playground.library.models import Draft, PromptVersion
from playground.runs.state import PromptState


def state_of_version(version: PromptVersion) -> PromptState:
    return PromptState(
        fields=version.fields,
        text=version.text,
        parameters=version.parameters,
        model=version.model,
        variables=version.variables,
    )


def state_of_draft(draft: Draft) -> PromptState:
    return PromptState(**draft.state)
