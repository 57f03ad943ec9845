"""Whether the variables suffice for a run: each error says what is missing, and where."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from playground.core.errors import InvalidInput
from playground.prompts.typed_numbers import is_grouped
from playground.prompts.variables import (
    MAX_COLUMNS,
    MAX_OPTIONS,
    MAX_VARIABLES,
    Variable,
)


def check_variables(variables: Sequence[Variable], needed: Sequence[str]) -> None:
    """Raises `InvalidInput` for the first of the ``needed`` names that cannot be put in."""
    known: Mapping[str, Variable] = {variable.name: variable for variable in variables}
    empty = [known[name] for name in needed if name in known and _is_empty(known[name])]
    if len(empty) > 1:
        *names, last = (variable.name for variable in empty)
        raise InvalidInput(
            f"Variables {', '.join(names)} and {last} are empty. Fill them in, or give them "
            "defaults.",
            field=empty[0].input_name,
        )
    for name in needed:
        if name not in known:
            raise InvalidInput(
                f"There can be at most {MAX_VARIABLES} variables. Remove those that are not used, "
                f"or write \\{{{{{name}}}}} where you mean the braces.",
                field="variables",
            )
        check_variable(known[name])


def check_variable(variable: Variable) -> None:
    """Raises `InvalidInput` for a variable that cannot be put in as it is."""
    if variable.kind == "choice":
        _check_choice(variable)
    if variable.kind == "examples":
        _check_examples(variable)
    if not variable.text.strip():
        raise _refusal(variable, "is empty. Fill it in, or give it a default.")
    if variable.kind == "number":
        _check_number(variable)


def _is_empty(variable: Variable) -> bool:
    """Whether all that it lacks is a value."""
    has_choice = variable.kind != "choice" or variable.options
    return bool(has_choice) and variable.kind != "examples" and not variable.text.strip()


def _check_choice(variable: Variable) -> None:
    if not variable.options:
        raise _refusal(variable, "has no options yet. Write one a line.", setting=".options")
    if len(variable.options) > MAX_OPTIONS:
        raise _refusal(variable, f"can have at most {MAX_OPTIONS} options.", setting=".options")
    if variable.text and variable.text not in variable.options:
        raise _refusal(variable, f"must be one of its options: “{variable.text}” is none of them.")


def _check_examples(variable: Variable) -> None:
    if len(variable.column_names) > MAX_COLUMNS:
        raise _refusal(variable, f"can have at most {MAX_COLUMNS} columns.", setting=".columns")
    if not variable.text.strip():
        raise _refusal(variable, "has no rows yet. Fill in one.", setting=".cell")


def _check_number(variable: Variable) -> None:
    value = _number(variable, variable.text)
    least = _number(variable, variable.least, setting=".min") if variable.least.strip() else None
    most = _number(variable, variable.most, setting=".max") if variable.most.strip() else None
    step = _number(variable, variable.step, setting=".step") if variable.step.strip() else None
    if least is not None and most is not None and least > most:
        raise _refusal(variable, "has a least value above its greatest.", setting=".min")
    if step is not None and step <= 0:
        raise _refusal(variable, "needs steps greater than 0.", setting=".step")
    if (least is not None and value < least) or (most is not None and value > most):
        raise _refusal(variable, f"must be {bounds(variable)}.")
    if step is not None and not _is_on_step(value - (least or 0), step):
        origin = f" from {variable.least.strip()}" if least else ""
        raise _refusal(variable, f"goes in steps of {variable.step.strip()}{origin}.")


def bounds(variable: Variable) -> str:
    """A number's limits in words, or nothing."""
    least, most = variable.least.strip(), variable.most.strip()
    if least and most:
        return f"between {least} and {most}"
    return f"at least {least}" if least else f"at most {most}" if most else ""


def _number(variable: Variable, text: str, *, setting: str = "") -> Decimal:
    what = {"": "", ".min": "'s least value", ".max": "'s greatest value", ".step": "'s step"}
    try:
        number = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        number = Decimal("nan")
    if is_grouped(text):
        whole, point = text.strip().replace(",", ""), text.strip().replace(",", ".")
        raise InvalidInput(
            f"Variable {variable.name}{what[setting]} can be read in two ways. Write {whole} or "
            f"{point}.",
            field=f"{variable.input_name}{setting}",
        )
    if not number.is_finite() or abs(number.adjusted()) > 100 or "_" in text:
        raise InvalidInput(
            f"Variable {variable.name}{what[setting]} must be a number, such as 3 or 0.5.",
            field=f"{variable.input_name}{setting}",
        )
    return number


def _is_on_step(distance: Decimal, step: Decimal) -> bool:
    try:
        return distance % step == 0
    except InvalidOperation:
        # More steps than digits to count them with.
        return False


def _refusal(variable: Variable, what: str, *, setting: str = "") -> InvalidInput:
    return InvalidInput(f"Variable {variable.name} {what}", field=f"{variable.input_name}{setting}")
