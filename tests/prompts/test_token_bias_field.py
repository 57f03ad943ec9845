"""The field of token biases in a posted form: read, drawn again, and refused with a reason."""

import pytest
from django.http import QueryDict
from django.test import Client

from playground.core.errors import InvalidInput
from playground.prompts.catalog import TEMPLATES
from playground.prompts.form import default_parameters, posted_form
from playground.prompts.parameter_panel import ParameterPanel
from playground.runs.models import Run

LINES = '" apple" = -5\r\nid 66 = 2'


def data_of(lines: str) -> QueryDict:
    data = QueryDict(mutable=True)
    data.update({"prompt": "One", "token_bias": lines})
    return data


def test_the_form_has_texts_and_ids_and_the_panel_writes_them_again() -> None:
    template = TEMPLATES["free"]
    parameters = posted_form(template, data_of(LINES)).parameters
    panel = ParameterPanel(parameters=parameters, defaults=default_parameters(template))

    assert (parameters.token_bias, parameters.logit_bias) == (((" apple", -5),), ((66, 2),))
    assert panel.bias_lines == '" apple" = -5\nid 66 = 2'
    assert (
        panel.changed
        == ParameterPanel(
            parameters=default_parameters(template), defaults=default_parameters(template)
        ).changed
        + 1
    )


def test_a_wrong_line_is_refused_for_its_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        posted_form(TEMPLATES["free"], data_of("apple"))

    assert caught.value.field == "token_bias"


@pytest.mark.django_db
def test_a_page_without_scripts_posts_the_field_and_shows_it_again(client: Client) -> None:
    client.post("/free/run/", data_of(LINES).dict())

    run = Run.objects.get()
    page = client.get(f"/runs/{run.pk}/").content.decode()

    assert run.parameters["token_bias"] == [[" apple", -5]]
    assert run.parameters["logit_bias"] == {"66": 2}
    assert "&quot; apple&quot; = -5\nid 66 = 2</textarea>" in page


@pytest.mark.django_db
def test_a_token_that_the_model_does_not_have_keeps_the_run_from_starting(client: Client) -> None:
    answer = client.post("/free/run/", data_of("id 999999 = 1").dict())

    assert answer.status_code == 400
    assert "this model has no token 999999" in answer.content.decode()
    assert not Run.objects.exists()
