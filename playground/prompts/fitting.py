"""The finished prompt of a form, and whether it fits the model's window.

A conversation grows with every turn; when it no longer fits, its oldest turns
are left out and the page says how many. Nothing else is ever cut.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playground.checkpoints.registry import ModelSpec, registry
from playground.checkpoints.tokenizers import tokenizer_for
from playground.core.errors import ModelNotReady
from playground.prompts.catalog import open_turns
from playground.prompts.fields import MAX_PROMPT_CHARS
from playground.prompts.forms import PromptForm
from playground.runs.models import Run


@dataclass(frozen=True, kw_only=True)
class FinishedPrompt:
    """A prompt ready to run.

    built: what the fields alone give, also while the raw prompt is detached.
    tokens: of ``text``, or None while the model's tokenizer is not here, and for
        a text that is too long to count.
    dropped: how many of the oldest turns were left out.
    """

    text: str
    built: str
    tokens: int | None
    limit: int
    max_tokens: int
    dropped: int = 0

    @property
    def room(self) -> int | None:
        """Tokens left for a completion."""
        return None if self.tokens is None else self.limit - self.tokens

    @property
    def fits(self) -> bool:
        return self.room is None or self.room >= self.max_tokens

    @property
    def shortfall(self) -> str:
        """What to do when prompt and completion do not fit together, or nothing."""
        if len(self.text) > MAX_PROMPT_CHARS:
            return (
                f"The prompt has {len(self.text):,} characters; {MAX_PROMPT_CHARS:,} is the most. "
                "Shorten it."
            )
        if self.fits or self.tokens is None or self.room is None:
            return ""
        needed = f"The prompt and the maximum length need {self.tokens + self.max_tokens:,} tokens"
        if self.room > 0:
            advice = f"lower the maximum length to {self.room:,} or shorten the prompt"
        else:
            advice = "shorten the prompt"
        return f"{needed} of {self.limit:,}: {advice}."

    @property
    def percent(self) -> int:
        """The share of the window that the prompt fills, 0 to 100."""
        return min(100, round(100 * (self.tokens or 0) / self.limit))


def finished_prompt(form: PromptForm) -> FinishedPrompt:
    """The prompt that running ``form`` would send. Raises `UnknownModel`."""
    spec = registry().get(form.model or registry().default)
    count = _counter(spec)
    max_tokens = form.parameters.max_tokens
    built, dropped = form.template.build(form.values), 0
    if "turns" in form.values and count is not None:
        built, dropped = trim_conversation(form, count=count, budget=spec.context - max_tokens)
    text = built if form.detached is None else form.detached
    # What cannot run anyway is not worth the tokenizer's time.
    tokens = count(text) if count is not None and len(text) <= MAX_PROMPT_CHARS else None
    return FinishedPrompt(
        text=text,
        built=built,
        tokens=tokens,
        limit=spec.context,
        max_tokens=max_tokens,
        dropped=dropped if form.detached is None else 0,
    )


def prompt_of_run(run: Run) -> FinishedPrompt:
    """The same of a run that was made: its prompt was counted then."""
    models = registry().models
    # The operator may have taken the run's model out of the registry since.
    spec = models.get(run.model, models[registry().default])
    return FinishedPrompt(
        text=run.prompt,
        built=run.prompt,
        tokens=run.prompt_tokens,
        limit=spec.context,
        max_tokens=run.max_tokens,
    )


def trim_conversation(
    form: PromptForm, *, count: Callable[[str], int], budget: int
) -> tuple[str, int]:
    """The longest end of the conversation within ``budget`` tokens, and how many turns it lacks.

    The setting and the last turn always stay; if they alone are too long, the
    prompt is too, and the run is refused with the numbers.
    """
    turns = open_turns(form.values)

    def prompt_without(dropped: int) -> str:
        return form.template.build({**form.values, "turns": turns[dropped:], "message": ""})

    def fits(dropped: int) -> bool:
        prompt = prompt_without(dropped)
        return len(prompt) <= MAX_PROMPT_CHARS and count(prompt) <= budget

    # The count falls with every turn left out: the least that fits, by halving.
    low, high = 0, max(len(turns) - 1, 0)
    while low < high:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle + 1
    return prompt_without(low), low


def _counter(spec: ModelSpec) -> Callable[[str], int] | None:
    try:
        return tokenizer_for(spec).count
    except ModelNotReady:
        return None
