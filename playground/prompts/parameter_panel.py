"""The parameters of a form as pages show them: text, default, whether they changed."""

from dataclasses import dataclass

from playground.checkpoints.tokenizers import END_OF_TEXT
from playground.prompts.escapes import write_escapes
from playground.prompts.parameter_texts import write_number
from playground.runs.parameters import PARAMETER_SPECS, Parameters, ParameterSpec
from playground.runs.token_biases import write_token_biases


@dataclass(frozen=True, kw_only=True)
class BoundParameter:
    """A numeric parameter with its present value, as text for its input."""

    spec: ParameterSpec
    value: float
    default: float

    @property
    def text(self) -> str:
        return write_number(self.spec, self.value)

    @property
    def default_text(self) -> str:
        return write_number(self.spec, self.default)

    @property
    def changed(self) -> bool:
        return self.value != self.default


@dataclass(frozen=True, kw_only=True)
class ParameterPanel:
    """The form's parameters, compared with the template's defaults."""

    parameters: Parameters
    defaults: Parameters

    @property
    def numbers(self) -> list[BoundParameter]:
        return [
            BoundParameter(
                spec=spec,
                value=getattr(self.parameters, spec.name),
                default=getattr(self.defaults, spec.name),
            )
            for spec in PARAMETER_SPECS
        ]

    @property
    def stop_lines(self) -> str:
        return "\n".join(write_escapes(stop) for stop in self.parameters.stop)

    @property
    def stops_at_end(self) -> bool:
        """Whether a stop sequence names the end of text, at which every run ends anyway."""
        return any(END_OF_TEXT in stop for stop in self.parameters.stop)

    @property
    def default_stop_lines(self) -> str:
        return "\n".join(write_escapes(stop) for stop in self.defaults.stop)

    @property
    def stop_changed(self) -> bool:
        return self.parameters.stop != self.defaults.stop

    @property
    def bias_lines(self) -> str:
        return write_token_biases(self.parameters)

    @property
    def changed(self) -> int:
        """The number of parameters that differ from the template's defaults."""
        return (
            sum(number.changed for number in self.numbers)
            + self.stop_changed
            + (self.parameters.seed is not None)
            + (self.parameters.logprobs is not None)
            + bool(self.bias_lines)
        )
