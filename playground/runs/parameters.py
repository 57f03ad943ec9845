"""The parameters of a run: what they mean, their ranges, their form in JSON."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from playground.core.errors import InvalidInput
from playground.core.texts import fault_of, plain_breaks

MAX_SEED = 2**32 - 1
MAX_STOPS = 8
MAX_STOP_LENGTH = 64
MAX_LOGPROBS = 10
MAX_CHOICES = 8
MAX_LOGIT_BIASES = 300
MAX_BIAS = 100
# Characters of a text whose tokens get a bias.
MAX_BIAS_TEXT = 64
MAX_TOKEN_ID = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSpec:
    """How a numeric parameter is bounded, drawn and explained.

    off: the value at which it has no effect, or None.
    """

    name: str
    label: str
    help: str
    minimum: float
    maximum: float
    step: float
    default: float
    off: float | None = None
    whole: bool = False


PARAMETER_SPECS: tuple[ParameterSpec, ...] = (
    ParameterSpec(
        name="temperature",
        label="Temperature",
        help="0 always takes the likeliest token; higher values take more risks.",
        minimum=0,
        maximum=2,
        step=0.05,
        default=0.7,
    ),
    ParameterSpec(
        name="top_p",
        label="Top-p",
        help="Keeps the likeliest tokens that together reach this share. 1 keeps all.",
        minimum=0.01,
        maximum=1,
        step=0.01,
        default=1,
        off=1,
    ),
    ParameterSpec(
        name="top_k",
        label="Top-k",
        help="Keeps this many of the likeliest tokens. 0 keeps all.",
        minimum=0,
        maximum=200,
        step=1,
        default=0,
        off=0,
        whole=True,
    ),
    ParameterSpec(
        name="min_p",
        label="Min-p",
        help="Drops tokens less likely than this share of the likeliest. 0 drops none.",
        minimum=0,
        maximum=1,
        step=0.01,
        default=0,
        off=0,
    ),
    ParameterSpec(
        name="max_tokens",
        label="Maximum length",
        help="The completion ends after this many tokens, if nothing ended it before.",
        minimum=1,
        maximum=2047,
        step=1,
        default=128,
        whole=True,
    ),
    ParameterSpec(
        name="repetition_penalty",
        label="Repetition penalty",
        help="Above 1, tokens that are in the prompt or the text become less likely.",
        minimum=1,
        maximum=2,
        step=0.01,
        default=1,
        off=1,
    ),
    ParameterSpec(
        name="frequency_penalty",
        label="Frequency penalty",
        help="Takes this off a token's logit each time it was generated.",
        minimum=-2,
        maximum=2,
        step=0.05,
        default=0,
        off=0,
    ),
    ParameterSpec(
        name="presence_penalty",
        label="Presence penalty",
        help="Takes this off a token's logit once it was generated at all.",
        minimum=-2,
        maximum=2,
        step=0.05,
        default=0,
        off=0,
    ),
)
SPEC_BY_NAME = {spec.name: spec for spec in PARAMETER_SPECS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Checked parameters of one run.

    stop: texts that end the completion, literal, never shown.
    seed: None takes a fresh one each run.
    logprobs: None for none, 0 for the chosen token's, k for the top k too.
    n: how many texts the prompt gets, each with a randomness of its own.
    logit_bias: (token id, what is added to its logit), each token once.
    token_bias: (text, what is added to the logit of each of its tokens), each text once.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    max_tokens: int = 128
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    stop: tuple[str, ...] = ()
    seed: int | None = None
    logprobs: int | None = None
    n: int = 1
    logit_bias: tuple[tuple[int, float], ...] = ()
    token_bias: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for spec in PARAMETER_SPECS:
            _check_number(spec, getattr(self, spec.name))
        _check_stops(self.stop)
        _check_whole("seed", self.seed, MAX_SEED)
        _check_whole("logprobs", self.logprobs, MAX_LOGPROBS)
        _check_whole("n", self.n, MAX_CHOICES, least=1)
        _check_biases(self.logit_bias)
        _check_text_biases(self.token_bias)
        if len(self.logit_bias) + len(self.token_bias) > MAX_LOGIT_BIASES:
            raise InvalidInput(
                f"At most {MAX_LOGIT_BIASES} token biases are possible.", field="token_bias"
            )

    @property
    def greedy(self) -> bool:
        """Whether every step takes the likeliest token, so that a retry repeats."""
        return self.temperature == 0 or self.top_k == 1 or self.min_p == 1

    def with_seed_after(self, number: int) -> "Parameters":
        """The same with a pinned seed counted up by ``number``."""
        if self.seed is None or number == 0:
            return self
        return replace(self, seed=(self.seed + number) % (MAX_SEED + 1))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Parameters":
        """Parameters from `to_json`'s form; an unknown name is an error."""
        known = {field.name for field in fields(cls)}
        if unknown := sorted(set(value) - known):
            raise InvalidInput(f"There is no parameter “{unknown[0]}”.", field=unknown[0])
        stops = (plain_breaks(s) if isinstance(s, str) else s for s in value.get("stop", ()))
        biases = _read_biases(value.get("logit_bias", {}))
        texts = _read_text_biases(value.get("token_bias", []))
        return cls(**{**value, "stop": tuple(stops), "logit_bias": biases, "token_bias": texts})

    def to_json(self) -> dict[str, Any]:
        """Plain values, as the row keeps them. What came later is there where it is not the
        default, so that the JSON of old rows stays as it was."""
        plain = {**asdict(self), "stop": list(self.stop)}
        del plain["n"], plain["logit_bias"], plain["token_bias"]
        if self.n != 1:
            plain["n"] = self.n
        if self.logit_bias:
            plain["logit_bias"] = {str(token): bias for token, bias in self.logit_bias}
        if self.token_bias:
            plain["token_bias"] = [[text, bias] for text, bias in self.token_bias]
        return plain


def _check_number(spec: ParameterSpec, value: Any) -> None:
    kind = int if spec.whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, kind):
        what = "a whole number" if spec.whole else "a number"
        raise InvalidInput(f"{spec.label} must be {what}.", field=spec.name)
    # Written so that NaN, which compares false, is refused.
    if not spec.minimum <= value <= spec.maximum:
        raise InvalidInput(
            f"{spec.label} must lie between {spec.minimum:g} and {spec.maximum:g}.",
            field=spec.name,
        )


def _check_stops(stop: tuple[str, ...]) -> None:
    if len(stop) > MAX_STOPS:
        raise InvalidInput(f"At most {MAX_STOPS} stop sequences are possible.", field="stop")
    for text in stop:
        if not isinstance(text, str) or not text or len(text) > MAX_STOP_LENGTH:
            raise InvalidInput(
                f"A stop sequence has 1 to {MAX_STOP_LENGTH} characters.", field="stop"
            )
        if fault := fault_of(text):
            raise InvalidInput(
                f"A stop sequence holds {fault}. Remove it: no text of the model has one.",
                field="stop",
            )


def _check_whole(name: str, value: Any, maximum: int, *, least: int = 0) -> None:
    if value is None and not least:
        return
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= maximum:
        raise InvalidInput(
            f"{name.capitalize()} must be a whole number from {least} to {maximum}.", field=name
        )


def _read_biases(value: Any) -> tuple[tuple[int, float], ...]:
    """From the JSON object that the OpenAI API has: its names are token ids in digits."""
    if not isinstance(value, dict):
        raise InvalidInput("Logit bias must be an object.", field="logit_bias")
    for name in value:
        if not (name.isascii() and name.isdigit() and len(name) <= 10):
            raise InvalidInput(
                f"Logit bias names tokens by their ids; “{name[:20]}” is not an id.",
                field="logit_bias",
            )
    return tuple((int(name), bias) for name, bias in value.items())


def _read_text_biases(value: Any) -> tuple[tuple[str, float], ...]:
    """From a list of pairs, whose order counts."""
    is_list = isinstance(value, list) and all(
        isinstance(pair, list | tuple) and len(pair) == 2 for pair in value
    )
    if not is_list:
        raise InvalidInput(
            "Token bias must be a list of pairs of a text and a number.", field="token_bias"
        )
    return tuple(
        (plain_breaks(text) if isinstance(text, str) else text, bias) for text, bias in value
    )


def _check_biases(biases: tuple[tuple[int, float], ...]) -> None:
    if len(biases) > MAX_LOGIT_BIASES:
        raise InvalidInput(
            f"Logit bias names at most {MAX_LOGIT_BIASES} tokens.", field="logit_bias"
        )
    if len({token for token, _bias in biases}) < len(biases):
        raise InvalidInput("Logit bias names a token twice.", field="logit_bias")
    for token, bias in biases:
        if not 0 <= token <= MAX_TOKEN_ID:
            raise InvalidInput(f"There is no token {token}.", field="logit_bias")
        if not _is_bias(bias):
            raise InvalidInput(
                f"A logit bias is between {-MAX_BIAS} and {MAX_BIAS}.", field="logit_bias"
            )


def _check_text_biases(biases: tuple[tuple[str, float], ...]) -> None:
    for text, bias in biases:
        if not isinstance(text, str) or not 0 < len(text) <= MAX_BIAS_TEXT:
            raise InvalidInput(
                f"The text of a token bias has 1 to {MAX_BIAS_TEXT} characters.", field="token_bias"
            )
        if fault := fault_of(text):
            raise InvalidInput(
                f"The text of a token bias holds {fault}. Remove it: no text of the model has one.",
                field="token_bias",
            )
        if not _is_bias(bias):
            raise InvalidInput(
                f"A token bias is between {-MAX_BIAS} and {MAX_BIAS}.", field="token_bias"
            )
    if len({text for text, _bias in biases}) < len(biases):
        raise InvalidInput("Token bias names a text twice.", field="token_bias")


def _is_bias(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    # Written so that NaN, which compares false, is refused.
    return is_number and -MAX_BIAS <= value <= MAX_BIAS
