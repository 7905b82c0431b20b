"""The profiles, as the API tells them."""

from functions.core.engine import KINDS, discovers, identifies, rechecks
from functions.core.profile import CONFIRM, PROFILES
from tests.http_api.conftest import Api


def test_each_profile_tells_which_engine_asks_which_targets_and_why(api: Api) -> None:
    told = api.get("/v1/profiles").body

    assert told["next_cursor"] is None
    assert [profile["name"] for profile in told["items"]] == [*PROFILES, CONFIRM.name]
    for told_of in told["items"]:
        profile = (PROFILES | {CONFIRM.name: CONFIRM})[told_of["name"]]
        for step, choose in (("discovery", discovers), ("recheck", rechecks), ("identification", identifies)):
            assert {each["kind"]: each[step] for each in told_of["engines"]} == {
                kind: choose(profile, target).model_dump(mode="json") for kind, (_, target) in KINDS.items()
            }


def test_profiles_are_told_to_whoever_is_known_alone(api: Api) -> None:
    assert Api(None).get("/v1/profiles").status == 401
