"""How the fuzzer judges itself."""

import random

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
