"""The finished prompt of a form, and whether it fits the model's window.

A conversation grows with every turn; when it no longer fits, its oldest turns
are left out and the page says how many. Of a text that a person wrote as a
whole, the free page's or one edited by hand, the end that fits is sent and the
page shows where it begins. Nothing else is ever cut.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from playground.checkpoints.config_file import context_length
from playground.checkpoints.registry import ModelSpec, registry
from playground.checkpoints.tokenizers import END_OF_TEXT, TextTokenizer, tokenizer_for
from playground.core.errors import InvalidInput, ModelNotReady, PromptTooLong, TextTooLong
from playground.prompts.catalog import open_turns
from playground.prompts.fields import MAX_PROMPT_CHARS
from playground.prompts.form import PromptForm
from playground.prompts.variables import Piece, fill, values_of
from playground.runs.lengths import misfit, too_many_characters
from playground.runs.models import Run
from playground.runs.state import PromptState

# The part of the remaining text to try first, before larger steps.
MAX_COUNTS = 8
# Of the names of special tokens, in one note.
MAX_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class FinishedPrompt:
    """A prompt ready to run.

    text: what is sent. box_text: what is in the prompt's box; the injected start text, the
        values of variables and what does not fit make the difference.
    pieces: the text again, in parts that say which variable each comes from.
    built: what the fields alone give, also while the raw prompt is detached.
    tokens: of the whole, or None while the model's tokenizer is not here, and for
        a text that is too long to count.
    dropped: how many of the oldest turns were left out.
    sent: how many tokens ``text`` has, or None.
    unsent: how many tokens at the beginning of ``box_text`` are not sent, and ``sent_from``
        where the text that is sent begins, in UTF-16 code units.
    """

    text: str
    box_text: str
    built: str
    tokens: int | None
    limit: int
    max_tokens: int
    dropped: int = 0
    sent: int | None = None
    unsent: int = 0
    sent_from: int = 0
    pieces: tuple[Piece, ...] = ()
    # Of the text with all values filled in; the sent text may be cut before that.
    characters: int = 0
    # Special and added tokens that the text names, in its order: each is one token.
    named: tuple[str, ...] = ()

    @property
    def room(self) -> int | None:
        """Tokens left for a completion."""
        return None if self.tokens is None else self.limit - self.tokens

    @property
    def is_too_long(self) -> bool:
        """Whether it has more characters than are counted at all."""
        return len(self.text) > MAX_PROMPT_CHARS

    @property
    def fits(self) -> bool:
        return not self.is_too_long and (self.room is None or self.room >= self.max_tokens)

    @property
    def shortfall(self) -> str:
        """What to do when prompt and completion do not fit together, or nothing."""
        if self.is_too_long:
            characters = max(self.characters, len(self.text))
            return too_many_characters("The prompt", characters, limit=MAX_PROMPT_CHARS)
        if self.unsent or self.tokens is None:
            return ""
        return misfit(tokens=self.tokens, max_tokens=self.max_tokens, context=self.limit)

    def check(self) -> None:
        """Raises `PromptTooLong` with the message that the page shows beside its gauge."""
        if self.shortfall:
            raise PromptTooLong(self.shortfall, field="prompt")

    @property
    def named_notes(self) -> list[str]:
        """That names of special tokens are sent as these tokens: nobody sees it otherwise."""
        others = [name for name in self.named if name != END_OF_TEXT]
        notes = []
        if len(others) < len(self.named):
            notes.append(f"{END_OF_TEXT} is sent as the model's end-of-text token.")
        if others:
            shown = ", ".join(others[:MAX_NAMED])
            more = f" and {len(others) - MAX_NAMED} more" if len(others) > MAX_NAMED else ""
            verb = "is sent as one token" if len(others) == 1 else "are sent as one token each"
            notes.append(f"{shown}{more} {verb}, not as letters.")
        return notes

    @property
    def percent(self) -> int:
        """The share of the window that the prompt fills, 0 to 100."""
        if self.is_too_long:
            return 100
        return min(100, round(100 * (self.tokens or 0) / self.limit))


@dataclass(frozen=True, kw_only=True)
class Uncounted:
    """The gauge of a form that cannot be read: no number, especially no outdated one."""

    limit: int
    is_too_long: bool
    tokens: None = None

    @property
    def fits(self) -> bool:
        return not self.is_too_long

    @property
    def percent(self) -> int:
        return 100 if self.is_too_long else 0


def uncounted(model: str, error: InvalidInput) -> Uncounted:
    """The gauge of a form that ``error`` is about."""
    spec = registry().base_of(model) or registry().get(registry().default)
    return Uncounted(limit=context_length(spec), is_too_long=isinstance(error, TextTooLong))


def finished_prompt(form: PromptForm) -> FinishedPrompt:
    """The prompt that running ``form`` would send. Raises `UnknownModel`."""
    spec = registry().base_of(form.model) or registry().get(form.model)
    context = context_length(spec)
    tokenizer = _tokenizer(spec)
    # Each text is divided into tokens once: it is what takes the most time here.
    find = cache(tokenizer.tokens) if tokenizer else None
    max_tokens = form.parameters.max_tokens
    values = values_of(form.variables)
    built, dropped = form.template.build(form.values), 0
    if "turns" in form.values and find is not None:
        built, dropped = trim_conversation(
            form, count=lambda text: find(text).count, budget=context - max_tokens
        )
    source = built if form.detached is None else form.detached
    filled = fill(source, values)
    text = filled.text
    # What cannot run anyway is not worth the tokenizer's time.
    found = find(text) if find and len(text) <= MAX_PROMPT_CHARS else None
    tokens = found.count if found else None
    begin, unsent, sent = 0, 0, tokens
    budget = context - max_tokens
    if form.is_one_text and tokenizer and tokens is not None and tokens > budget > 0:
        begin, unsent, sent = end_within(text, tokenizer=tokenizer, budget=budget)
    return FinishedPrompt(
        text=text[begin:],
        box_text=form.values["prompt"] if form.template.is_free else source,
        built=built,
        tokens=tokens,
        limit=context,
        max_tokens=max_tokens,
        dropped=dropped if form.detached is None else 0,
        sent=sent,
        unsent=unsent,
        sent_from=utf16_length(source[: filled.source_place(begin)]) if begin else 0,
        pieces=filled.since(begin),
        characters=filled.length,
        named=found.named if found else (),
    )


def prompt_of_run(run: Run) -> FinishedPrompt:
    """The same of a run that was made: its prompt was counted then."""
    # The operator may have taken the run's model out of the registry since.
    spec = registry().base_of(run.model) or registry().get(registry().default)
    return FinishedPrompt(
        text=run.prompt,
        box_text=run.prompt,
        built=run.prompt,
        tokens=run.prompt_tokens,
        limit=context_length(spec),
        max_tokens=run.max_tokens,
    )


def sent_state(form: PromptForm, finished: FinishedPrompt) -> PromptState:
    """The state that a run of ``form`` keeps once it was sent as ``finished``.

    The fields of a conversation that was cut hold all of it, so its text is not kept twice.
    """
    state = form.after_run().state()
    return state if form.is_one_text else replace(state, text=finished.text)


def end_within(text: str, *, tokenizer: TextTokenizer, budget: int) -> tuple[int, int, int]:
    """Where the longest end of ``text`` within ``budget`` tokens begins, the tokens before it, and
    its own.

    It begins where a token does. What follows may be divided otherwise when it is alone, so
    it is counted again.
    """
    starts = tokenizer.starts(text)
    cut = len(starts) - budget
    counts = 0
    while cut < len(starts):
        begin = starts[cut]
        # The tokens of one character begin at the same place, the first of them is meant.
        if begin == starts[cut - 1]:
            cut += 1
            continue
        over = tokenizer.count(text[begin:]) - budget
        if over <= 0:
            return begin, cut, over + budget
        counts += 1
        # Twice is rare. A text made for it could go on token by token, each with a count.
        cut += over if counts < MAX_COUNTS else over << (counts - MAX_COUNTS + 1)
    return len(text), len(starts), 0


def utf16_length(text: str) -> int:
    """As JavaScript counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def trim_conversation(
    form: PromptForm, *, count: Callable[[str], int], budget: int
) -> tuple[str, int]:
    """The longest end of the conversation within ``budget`` tokens, and how many turns it lacks.

    The setting and the last turn always stay; if they alone are too long, the
    prompt is too, and the run is refused with the numbers.
    """
    turns = open_turns(form.values)
    values = values_of(form.variables)

    def prompt_without(dropped: int) -> str:
        return form.template.build({**form.values, "turns": turns[dropped:], "message": ""})

    def fits(dropped: int) -> bool:
        prompt = fill(prompt_without(dropped), values).text
        return len(prompt) <= MAX_PROMPT_CHARS and count(prompt) <= budget

    most = max(len(turns) - 1, 0)
    if not most or fits(0):
        return prompt_without(0), 0
    # The count falls with every turn left out: the least that fits, by halving.
    low, high = 1, most
    while low < high:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle + 1
    return prompt_without(low), low


def _tokenizer(spec: ModelSpec) -> TextTokenizer | None:
    try:
        return tokenizer_for(spec)
    except ModelNotReady:
        return None
