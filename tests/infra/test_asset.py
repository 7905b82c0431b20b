from infra import asset
from infra.settings import STAGES


def test_an_asset_has_the_functions_and_their_packages_and_not_what_the_runtime_brings() -> None:
    built = asset.build(STAGES["local"])
    assert (built.path / "functions" / "http_api" / "app.py").exists()
    assert (built.path / "pydantic" / "__init__.py").exists()
    assert (built.path / "tzdata").exists()
    assert not (built.path / "boto3").exists()
    assert not list((built.path / "functions").rglob("*.pyc"))


def test_an_asset_is_built_once_for_what_is_in_it() -> None:
    first, again = asset.build(STAGES["local"]), asset.build.__wrapped__(STAGES["local"])
    assert first == again


def test_stages_of_one_platform_share_their_asset() -> None:
    assert asset.build(STAGES["dev"]) == asset.build(STAGES["prod"]) != asset.build(STAGES["local"])
