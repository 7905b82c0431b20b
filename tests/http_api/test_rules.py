"""Rules, through the door."""

from typing import Any

import pytest

from functions.core.rule_csv import MAX_TEXT
from functions.core.token import Principal
from functions.usecases.tokens import ALL_SCOPES
from tests.http_api.conftest import DRAFT, Answer, Api
from tests.platform_in_memory import Platform
from tests.store.examples import exposure

SSH = {"name": "no-ssh", "action": "block", "ports": "22"}
WEB = {"name": "web", "action": "allow", "ports": "80,443", "assets": ["10.0.0.0/25"]}


@pytest.fixture
def rules(project: str) -> str:
    return f"/v1/projects/{project}/rules"


@pytest.fixture
def network_rules(project: str, network: str) -> str:
    return f"/v1/projects/{project}/networks/{network}/rules"


def put(api: Api, path: str, *rules: dict[str, Any], version: int, stage: bool = False, **fields: Any) -> Answer:
    return api.call(
        "PUT",
        path,
        {"rules": list(rules), **fields},
        query={"stage": "true"} if stage else None,
        headers={"If-Match": f'"{version}"'},
    )


def test_before_the_first_version_there_are_no_rules(api: Api, rules: str, network_rules: str) -> None:
    for path in (rules, network_rules):
        found = api.get(path)
        assert (found.status, found.version) == (200, 0)
        assert (found.body["current"], found.body["staged"], found.body["rules"]) == (0, 0, None)


def test_rules_that_are_put_count_and_each_put_is_a_version(api: Api, rules: str) -> None:
    first = put(api, rules, SSH, version=0, comment="first")
    assert (first.status, first.version, first.body["current"]) == (200, 1, 1)
    second = put(api, rules, SSH, WEB, version=1, default="deny")
    assert (second.version, second.body["current"]) == (2, 2)
    found = api.get(rules)
    assert found.body == second.body
    assert [rule["name"] for rule in found.body["rules"]["rules"]] == ["no-ssh", "web"]
    listed = api.get(f"{rules}/versions").body["items"]
    assert [(each["version"], each["rules"], each["default"]) for each in listed] == [(2, 2, "deny"), (1, 1, "allow")]
    assert api.get(f"{rules}/versions/1").body["rules"][0]["name"] == "no-ssh"
    assert api.get(f"{rules}/versions/7").slug == "not-found"


def test_every_network_in_scope_is_given_to_the_review(
    *, api: Api, platform: Platform, project: str, network: str, rules: str, network_rules: str
) -> None:
    other = api.post(f"/v1/projects/{project}/networks", DRAFT | {"name": "other"}).body["id"]
    put(api, rules, SSH, version=0)
    assert {(sent["kind"], sent["project"], sent["network"]) for sent in platform.review.sent} == {
        ("network", project, network),
        ("network", project, other),
    }
    platform.review.sent.clear()
    put(api, network_rules, SSH, version=0)
    assert [sent["network"] for sent in platform.review.sent] == [network]


def test_a_staged_version_does_not_count_and_no_alert_is_reviewed(api: Api, platform: Platform, rules: str) -> None:
    put(api, rules, SSH, version=0)
    platform.review.sent.clear()
    staged = put(api, rules, WEB, version=1, stage=True)
    assert (staged.body["current"], staged.body["staged"], staged.version) == (1, 2, 2)
    assert staged.body["rules"]["version"] == 1
    assert platform.review.sent == []


def test_a_staged_version_is_made_to_count_and_an_older_one_again(
    api: Api, platform: Platform, network: str, rules: str
) -> None:
    put(api, rules, SSH, version=0)
    put(api, rules, WEB, version=1, stage=True)
    platform.review.sent.clear()
    made = api.put(f"{rules}/current", {"version": 2}, version=2)
    assert (made.body["current"], made.body["staged"], made.version) == (2, 0, 3)
    back = api.put(f"{rules}/current", {"version": 1}, version=3)
    assert (back.body["current"], back.body["rules"]["version"], back.version) == (1, 1, 4)
    assert [sent["network"] for sent in platform.review.sent] == [network, network]
    assert api.put(f"{rules}/current", {"version": 9}, version=4).slug == "not-found"
    none = api.put(f"{rules}/current", {"version": 0}, version=4)
    assert (none.body["current"], none.body["rules"]) == (0, None)


def test_what_is_staged_can_be_set_aside(api: Api, rules: str) -> None:
    put(api, rules, SSH, version=0, stage=True)
    aside = api.put(f"{rules}/staged", {"version": 0}, version=1)
    assert (aside.body["staged"], aside.version) == (0, 2)
    assert api.put(f"{rules}/staged", {"version": 1}, version=2).body["staged"] == 1


def test_an_edit_of_older_rules_is_refused_with_the_pointer_as_it_stands(api: Api, rules: str) -> None:
    put(api, rules, SSH, version=0)
    late = put(api, rules, WEB, version=0)
    assert (late.status, late.slug, late.body["current"]["current"]) == (412, "stale-version", 1)
    assert api.put(f"{rules}/current", {"version": 1}, version=7).slug == "stale-version"
    assert api.put(rules, {"rules": []}).slug == "precondition-required"


def test_the_same_edit_again_is_done_already_and_asks_for_the_review_again(
    api: Api, platform: Platform, network: str, rules: str
) -> None:
    first = put(api, rules, SSH, version=0)
    platform.review.sent.clear()
    assert put(api, rules, SSH, version=0).body == first.body
    assert len(api.get(f"{rules}/versions").body["items"]) == 1
    assert [sent["network"] for sent in platform.review.sent] == [network]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"ports": "70000"}, "rules.1.ports"),
        ({"assets": ["10.0.0.0/24", "10.0.0.1/24"]}, "rules.1.assets.1"),
        ({"until": "2027-01-01T00:00:00Z"}, "rules.1.reason"),
        ({"action": "expect"}, "rules.1.ports"),
        ({"name": "no-ssh"}, "rules.1.name"),
        ({"action": "permit"}, "rules.1.action"),
        ({"name": "two words"}, "rules.1.name"),
        ({"color": "red"}, "rules.1.color"),
        ({"until": "tomorrow", "reason": "r"}, "rules.1.until"),
    ],
)
def test_a_faulty_rule_is_refused_with_its_field_and_nothing_is_kept(
    api: Api, rules: str, rule: dict[str, Any], field: str
) -> None:
    refused = put(api, rules, SSH, {"name": "r", "action": "allow", **rule}, version=0)
    assert (refused.status, refused.slug, refused.body["field"]) == (400, "invalid-input", field)
    assert refused.body["errors"][0]["field"] == field
    assert api.get(rules).version == 0


def test_rules_go_out_as_csv_and_come_back(api: Api, rules: str) -> None:
    put(api, rules, SSH, {**WEB, "reason": "=cmd()", "until": "2027-01-01T00:00:00Z"}, version=0, default="deny")
    written = api.get(f"{rules}/csv")
    assert written.headers["Content-Type"].startswith("text/csv")
    assert ",'=cmd()," in written.body
    imported = api.put(f"{rules}/csv", {"csv": written.body, "comment": "from a sheet"}, version=1)
    assert (imported.status, imported.version) == (200, 2)
    assert imported.body["rules"]["rules"] == api.get(f"{rules}/versions/1").body["rules"]
    assert (imported.body["rules"]["default"], imported.body["rules"]["comment"]) == ("deny", "from a sheet")
    assert api.get(f"{rules}/csv", version=1).body == written.body


def test_a_csv_with_faults_is_refused_with_each_line_and_nothing_is_kept(api: Api, network_rules: str) -> None:
    text = "name,action,ports\ngood,allow,22\nbad,permit,22\nworse,block,99999\n"
    refused = api.put(f"{network_rules}/csv", {"csv": text}, version=0)
    assert (refused.status, refused.slug) == (400, "invalid-input")
    assert [each["field"] for each in refused.body["errors"]] == ["lines.3.action", "lines.4.ports"]
    assert api.get(network_rules).version == 0


def test_a_csv_can_be_staged_and_a_monstrous_one_is_refused(api: Api, rules: str) -> None:
    text = "name,action,ports\nssh,block,22\n"
    staged = api.call(
        "PUT", f"{rules}/csv", {"csv": text, "default": "deny"}, query={"stage": "true"}, headers={"If-Match": '"0"'}
    )
    assert (staged.body["staged"], staged.body["current"]) == (1, 0)
    assert api.get(f"{rules}/versions/1").body["default"] == "deny"
    assert api.put(f"{rules}/csv", {"csv": "x" * (MAX_TEXT + 1)}, version=1).body["field"] == "csv"


def test_the_api_says_which_rule_decides_and_why(
    *, api: Api, platform: Platform, project: str, network: str, rules: str, network_rules: str
) -> None:
    seen = exposure("10.0.0.5", 22, project=project, network=network)
    platform.http.exposures.save(seen)
    put(api, rules, SSH, version=0, default="deny")
    put(api, network_rules, {**SSH, "name": "jump-host", "action": "allow", "assets": ["10.0.0.5"]}, version=0)
    told = api.get(f"{network_rules}/decide", asset="10.0.0.5", port=22).body
    assert (told["action"], told["known"]) == ("allow", True)
    assert told["rule"] == {"scope": network, "version": 1, "rule": "jump-host"}
    assert told["text"] == "rule jump-host of the network's rules (version 1) allows 10.0.0.5, ports 22"
    assert [each["rule"]["rule"] for each in told["contenders"]] == ["jump-host", "no-ssh"]
    other = api.get(f"{network_rules}/decide", asset="10.0.0.6", port=8080).body
    assert (other["action"], other["known"], other["rule"]["rule"]) == ("deny", False, "")
    assert api.get(f"{network_rules}/decide", asset="10.0.0.300", port=22).body["field"] == "asset"


def test_the_service_and_tag_of_a_question_may_be_given(api: Api, network_rules: str) -> None:
    put(api, network_rules, {"name": "db", "action": "block", "service": "postgresql", "tag": "prod"}, version=0)
    plain = api.get(f"{network_rules}/decide", asset="10.0.0.5", port=5433)
    told = api.get(f"{network_rules}/decide", asset="10.0.0.5", port=5433, service="PostgreSQL", tag="prod")
    assert (plain.body["action"], told.body["action"]) == ("none", "block")


def test_a_staged_version_is_counted_over_the_inventory_and_nothing_is_raised(
    *, api: Api, platform: Platform, project: str, network: str, rules: str, network_rules: str
) -> None:
    for port in (22, 80, 443):
        opened = exposure("10.0.0.5", port, project=project, network=network)
        baseline = opened.change.model_copy(update={"baseline": True})
        platform.http.exposures.save(opened.model_copy(update={"change": baseline, "opening": baseline}))
    put(api, rules, SSH, version=0)
    assert api.get(f"{rules}/effect").body["field"] == "version"
    put(api, rules, {**WEB, "name": "no-web", "action": "block"}, version=1, stage=True)
    counted = api.get(f"{rules}/effect").body
    assert (counted["raised"], counted["resolved"], counted["kept"]) == ({"BLOCKED": 2}, {"BLOCKED": 1}, 0)
    assert (counted["examined"], counted["next_cursor"]) == (3, None)
    put(api, network_rules, SSH, version=0, stage=True)
    of_network = api.get(f"{network_rules}/effect").body
    assert (of_network["raised"], of_network["resolved"], of_network["kept"]) == ({}, {}, 1)
    assert api.get(f"/v1/projects/{project}/alerts").body["items"] == []


def test_a_project_without_networks_has_nothing_to_count(api: Api, rules: str) -> None:
    put(api, rules, SSH, version=0)
    assert api.get(f"{rules}/effect", version=1).body["examined"] == 0


def test_a_back_test_takes_a_version_or_a_draft(api: Api, network_rules: str) -> None:
    put(api, network_rules, SSH, version=0)
    path = f"{network_rules}/back-test"
    assert api.post(path, {"version": 1}).body["scans"] == []
    assert api.post(path, {"draft": {"rules": [WEB]}, "scope": "project"}).body["added"] == {}
    assert api.post(path, {}).body["field"] == "version"
    assert api.post(path, {"version": 1, "draft": {"rules": []}}).body["field"] == "version"
    assert api.post(path, {"version": 5}).slug == "not-found"
    assert api.post(path, {"draft": {"rules": [{**SSH, "ports": "x"}]}}).body["field"] == "rules.0.ports"
    assert api.post(path, {"version": 1, "scans": 21}).body["field"] == "scans"


def test_rules_of_a_network_that_is_not_there_are_not_there(api: Api, project: str, platform: Platform) -> None:
    path = f"/v1/projects/{project}/networks/{project}/rules"
    assert api.get(path).slug == "not-found"
    assert put(api, path, SSH, version=0).slug == "not-found"
    assert api.get(f"{path}/versions").slug == "not-found"
    assert api.get(f"{path}/decide", asset="10.0.0.1", port=1).slug == "not-found"
    assert api.post(f"{path}/back-test", {"draft": {"rules": []}}).slug == "not-found"


def test_rules_are_those_of_one_project(api: Api, rules: str, platform: Platform) -> None:
    put(api, rules, SSH, version=0)
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    assert api.get(f"/v1/projects/{other}/rules").version == 0
    assert api.get(f"/v1/projects/{other}/rules/versions").body["items"] == []
    foreign = Api(Principal(id="01KAJ00000000000000000F0RE", project=other, scopes=ALL_SCOPES))
    assert put(foreign, rules, WEB, version=1).slug == "not-found"
