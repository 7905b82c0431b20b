"""How the fuzzer judges itself."""

import random
from collections.abc import Mapping
from typing import Any

import pytest

from functions.http_api.access import PERMISSIONS
from tests.fuzz.fitting_requests import BODIES, QUERIES
from tests.fuzz.tally import Tally
from tests.fuzz.words import WORDS, Fitting


def test_a_route_whose_cases_stop_at_validation_is_shallow() -> None:
    tally = Tally()
    for status in (400, 400, 428, 400, 200):
        tally.count("PUT /rules", status)
    for status in (400, 404, 400, 400):
        tally.count("GET /hosts", status)
    assert tally.shallow() == {"PUT /rules": "1 of 5: {400: 3, 428: 1, 200: 1}"}
    assert (tally.cases, tally.past_validation) == (9, 2)


def test_a_fault_is_told_of_as_it_is_found() -> None:
    heard: list[str] = []
    tally = Tally(heard.append)
    tally.server_error("GET /x -> 500")
    tally.schema_violation("GET /y: no such field")
    assert heard == ["server error: GET /x -> 500", "schema violation: GET /y: no such field"]
    assert (tally.server_errors, tally.schema_violations) == (["GET /x -> 500"], ["GET /y: no such field"])


def test_refusals_of_authority_are_not_past_validation() -> None:
    tally = Tally()
    tally.count("GET /networks", 401)
    tally.count("GET /networks", 403)
    assert tally.past_validation == 0


def test_ids_that_are_there_are_put_into_paths_and_fields_however_deep() -> None:
    fitting = Fitting({"network": ["N"]}, random.Random(1))
    assert fitting.path({"network": "x", "other": "y"}, share=1) == {"network": "N", "other": "y"}
    made = {"network": "x", "inner": [{"network": "x", "targets": ["a", "b"], "enabled": True}]}
    fitted = fitting.value("", made, share=1)
    assert fitted["network"] == fitted["inner"][0]["network"] == "N"
    assert set(fitted["inner"][0]["targets"]) <= set(WORDS["targets"])
    assert fitted["inner"][0]["enabled"] is True


def test_a_share_of_none_leaves_what_was_made() -> None:
    fitting = Fitting({"network": ["N"]}, random.Random(1))
    assert fitting.value("", {"network": "x", "targets": ["a"]}, share=-1) == {"network": "x", "targets": ["a"]}


def test_a_word_takes_no_place_of_another_type() -> None:
    fitting = Fitting({}, random.Random(1))
    made = {"days": ["mon"], "port": "http", "ports": 7}
    assert fitting.value("", made, share=1) == made


def test_a_begun_request_is_one_that_a_client_would_send_but_for_a_few_fields() -> None:
    fitting = Fitting({"network": ["N"]}, random.Random(1))
    label = "POST /v1/projects/{project}/scans"
    made = {"network": "x", "confirm": True, "profile": "y"}
    drawn = [fitting.body(label, made) for _ in range(200)]
    begun = [each for each in drawn if "targets" in each or "confirm" not in each]
    assert len(begun) > 50
    assert {"confirm", "profile"} & set().union(*begun)
    assert {each["network"] for each in begun} <= {"N", "x"}


def test_an_operation_without_an_example_keeps_what_was_made() -> None:
    assert Fitting({}, random.Random(1)).body("POST /v1/unknown", {"a": "b"}) == {"a": "b"}


@pytest.mark.parametrize("examples", [BODIES, QUERIES])
def test_each_example_is_of_a_route_that_is_there(examples: Mapping[str, Any]) -> None:
    routes = {f"{method} {path}" for path, methods in PERMISSIONS.items() for method in methods}
    assert examples.keys() <= routes
