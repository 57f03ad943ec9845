"""Parameters in words: one way to write each, wherever people read them."""

from playground.prompts.escapes import write_escapes
from playground.prompts.typed_numbers import OFF
from playground.runs.parameters import PARAMETER_SPECS, Parameters, ParameterSpec
from playground.runs.token_biases import tell_token_biases


def write_number(spec: ParameterSpec, value: float) -> str:
    """A parameter's value as its input shows it: "0.70", "64", "off"."""
    if value == spec.off and spec.name == "top_k":
        return OFF
    return str(int(value)) if spec.whole else f"{value:.2f}"


def write_stops(parameters: Parameters) -> str:
    """The stop sequences on one line; "" for none."""
    return "  ".join(write_escapes(stop) for stop in parameters.stop)


def write_numbers(parameters: Parameters) -> dict[str, str]:
    """Every numeric parameter as the page writes it, by its label."""
    return {
        spec.label: write_number(spec, getattr(parameters, spec.name)) for spec in PARAMETER_SPECS
    }


def write_parameters(parameters: Parameters) -> dict[str, str]:
    """Every parameter as the page writes it, by its label."""
    return {
        **write_numbers(parameters),
        "Stop at": write_stops(parameters),
        "Token bias": tell_token_biases(parameters),
        "Seed": "random" if parameters.seed is None else str(parameters.seed),
        "Probabilities": "off" if parameters.logprobs is None else str(parameters.logprobs),
    }
