"""Branches: a run that has another one's text up to a token, and goes on with another token."""

from playground.accounts.models import Person
from playground.checkpoints.registry import registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import InvalidInput
from playground.runs.models import Run
from playground.runs.selectors import run_progress
from playground.runs.services import Token, run_create


def run_branch(*, person: Person, address: str, run: Run, position: int, token: int) -> Run:
    """A sibling of ``run`` with its text up to a token, and from there another one.

    position: of the token that is replaced, from 1; token: the id of the one in its place. The
    model goes on after it, with the run's own parameters and as many new tokens.

    Raises `InvalidInput` where there is no such position or token, and what `runs_create` does.
    """
    tokens = run_progress(run).tokens
    if not 1 <= position <= len(tokens):
        raise InvalidInput(
            f"This run has no token {position}. Reload the page and choose again.", field="position"
        )
    replaced = tokens[position - 1]
    return run_create(
        person=person,
        address=address,
        template=run.template,
        state=run.state,
        prompt=run.prompt,
        prompt_tokens=run.prompt_tokens,
        origin=run,
        version_id=run.version_id,
        given=[*tokens[: position - 1], _chosen_token(run, token, replaced)],
    )


def _chosen_token(run: Run, token: int, replaced: Token) -> Token:
    """In the place of ``replaced``; with the probability that the model gave it, if it is known.
    Its text is the worker's to say: it depends on the tokens before it."""
    tokenizer = tokenizer_for(registry().get(run.model))
    if not tokenizer.has_text(token):
        raise InvalidInput(f"A text cannot go on with token {token}.", field="token")
    alternatives = replaced[3] if len(replaced) > 3 else []
    logprob = next((share for other, share in alternatives if other == token), None)
    if len(replaced) < 3:
        return [token, ""]
    return [token, "", logprob, alternatives] if logprob is not None else [token, ""]
