"""The validators accept good definitions and refuse broken ones, and each of them is necessary."""

import pytest

from tests.asl_validators.definitions import BROKEN, GOOD
from tests.asl_validators.validators import STAND_INS, Validators


@pytest.mark.parametrize("name", GOOD)
def test_a_good_definition_is_accepted(validators: Validators, name: str) -> None:
    assert validators.complaints(GOOD[name]) == {}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_definition_is_refused(validators: Validators, name: str) -> None:
    assert validators.complaints(BROKEN[name])


def test_each_validator_refuses_something_that_the_others_accept(validators: Validators) -> None:
    alone = {tuple(validators.complaints(definition)) for definition in BROKEN.values()}
    assert {("asl_validator",), ("language_service",), ("missed",)} <= alone


@pytest.mark.parametrize(
    ("validator", "stand_in", "name"),
    [
        ("asl_validator", "writer_config_alone", "results shaped, not written"),
        ("asl_validator", "expression_for_batch_input", "an expression for the batches"),
        ("asl_validator", "empty_text", "empty text"),
        ("asl_validator", "expression_on_two_lines", "two lines"),
        ("asl_validator", "no_limit", "any number of objects"),
        ("asl_validator", "fraction_of_a_percent", "half a percent tolerated"),
        ("language_service", "fraction_of_a_percent", "half a percent tolerated"),
        ("language_service", "parquet_unknown", "a Parquet file"),
    ],
)
def test_each_stand_in_prevents_a_false_alarm(validators: Validators, validator: str, stand_in: str, name: str) -> None:
    others = {
        "empty text": {"note": ""},
        "two lines": {"note": "{% 1 +\n 1 %}"},
    }
    definition = (
        {
            "QueryLanguage": "JSONata",
            "StartAt": "Pass",
            "States": {"Pass": {"Type": "Pass", "Output": others[name], "End": True}},
        }
        if name in others
        else GOOD[name]
    )
    assert stand_in in {rewrite.__name__ for rewrite in STAND_INS[validator]}
    refusing = {name for name, rewrites in STAND_INS.items() if stand_in in {rewrite.__name__ for rewrite in rewrites}}
    assert set(validators.complaints(definition, stand_ins=False)) == refusing
    assert validators.complaints(definition) == {}
