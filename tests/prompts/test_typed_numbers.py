"""Numbers as people type them."""

import pytest

from playground.core.errors import InvalidInput
from playground.prompts.typed_numbers import read_number
from playground.runs.parameters import SPEC_BY_NAME


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("temperature", "0,7", 0.7),
        ("temperature", " .5 ", 0.5),
        ("min_p", "1e-2", 0.01),
        ("top_k", "off", 0),
        ("top_p", "OFF", 1),
        ("max_tokens", "128", 128),
        # A comma in a whole number separates thousands; the code once read it as a point and lost
        # the rest.
        ("max_tokens", "1,024", 1024),
    ],
)
def test_a_number_is_read_as_people_mean_it(name: str, typed: str, value: float) -> None:
    assert read_number(SPEC_BY_NAME[name], typed) == value


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("temperature", "warm"),
        ("temperature", "nan"),
        ("max_tokens", "1_0"),
        ("max_tokens", "1.5"),
        ("max_tokens", "1,5"),
        ("max_tokens", "off"),
    ],
)
def test_what_is_no_number_is_refused_by_name(name: str, typed: str) -> None:
    spec = SPEC_BY_NAME[name]

    with pytest.raises(InvalidInput) as refused:
        read_number(spec, typed)

    assert refused.value.field == name
    assert spec.label in refused.value.message
