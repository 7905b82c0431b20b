"""The profiles, as the API tells them."""

from functions.core.engine import KINDS, discovers
from functions.core.profile import CONFIRM, PROFILES
from tests.http_api.conftest import Api


def test_each_profile_tells_which_engine_asks_which_targets_and_why(api: Api) -> None:
    told = api.get("/v1/profiles").body

    assert told["next_cursor"] is None
    assert [profile["name"] for profile in told["items"]] == [*PROFILES, CONFIRM.name]
    for profile in told["items"]:
        assert {each["kind"]: each["discovery"] for each in profile["engines"]} == {
            kind: discovers((PROFILES | {CONFIRM.name: CONFIRM})[profile["name"]], target).model_dump(mode="json")
            for kind, (_, target) in KINDS.items()
        }


def test_profiles_are_told_to_whoever_is_known_alone(api: Api) -> None:
    assert Api(None).get("/v1/profiles").status == 401
