"""Nothing crosses a project: what belongs to another is told as what never was, and its cursors and keys are worth nothing."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from functions.core.chunk import Chunk
from functions.core.export import Export
from functions.core.ids import new_id
from functions.http_api.access import PERMISSIONS
from tests.http_api.conftest import DRAFT, Answer, Api
from tests.http_api.people import id_of, invite, join
from tests.http_api.test_access import BODIES
from tests.platform_in_memory import START, Platform
from tests.store import examples

NAMED = re.compile(r"\{([a-z]+)\}")
ROUTES = [
    (method, path)
    for path, methods in PERMISSIONS.items()
    if path.startswith("/v1/projects/{project}/") and set(NAMED.findall(path)) - {"project"}
    for method in methods
]
QUERIES = {"/coverage": {"asset": "10.0.0.7", "port": 22}, "/decide": {"asset": "10.0.0.7", "port": 22}}
WITHOUT_BODY = ("/pause", "/resume", "/redrive", "/cancel", "/verify", "/rotate", "/test", "/resend", "/baseline")
REFUSALS = (404, 409)
EMPTY = (
    "/v1/projects/{project}/addresses/{asset}",
    "/v1/projects/{project}/addresses/{asset}/history",
)
"""Answer for an address that nothing of the project knows."""
LISTS = ("networks", "scans", "alerts", "exposures", "hosts", "exports", "tokens", "members", "invitations")


@dataclass(frozen=True)
class Estate:
    """A project that has one of everything, by the names of paths."""

    project: str
    ids: Mapping[str, str]


def settle(api: Api, platform: Platform, name: str) -> Estate:
    """A project with two of what is listed; `ids` are those of the first."""
    project = str(api.post("/v1/projects", {"name": name}).body["id"])
    here = f"/v1/projects/{project}"
    network, _ = (str(api.post(f"{here}/networks", {**DRAFT, "name": each}).body["id"]) for each in ("a", "b"))
    where: dict[str, Any] = {"project": project, "network": network}
    scans = [examples.scan(new_id(START), **where, ended=START, status="completed") for _ in "ab"]
    for scan in scans:
        platform.http.scans.create_beside(scan)
    platform.http.ledger.create([Chunk(project=project, scan=scans[0].id, chunk="00000", cells=1)])
    for port in (22, 80):
        platform.http.exposures.save(examples.exposure("10.0.0.7", port, **where))
        platform.http.hosts.save(examples.host(f"10.0.0.{port}", **where))
    platform.http.hosts.save(examples.host("10.0.0.7", **where))
    alerts = [examples.alert(new_id(START), **where) for _ in "ab"]
    for each in alerts:
        platform.http.alerts.create(each)
    alert = alerts[0].id
    comment = api.post(f"{here}/alerts/{alert}/comments", {"text": "mine"}).body["id"]
    channels = [api.post(f"{here}/channels", {**BODIES[f"{_P}/channels"], "name": each}).body for each in ("a", "b")]
    exports = [api.post(f"{here}/exports", BODIES[f"{_P}/exports"]).body["id"] for _ in "ab"]
    tokens = [api.post(f"{here}/tokens", BODIES[f"{_P}/tokens"]).body["details"]["id"] for _ in "ab"]
    user = join(api, project, "ann", "admin")
    join(api, project, "zoe", "viewer")
    invited = [invite(api, project, each, "viewer").body["invitation"]["id"] for each in ("bob", "cyd")]
    api.put(f"{here}/rules", {"rules": []}, version=0)
    api.put(f"{here}/networks/{network}/rules", {"rules": []}, version=0)
    ids = {
        "authority": api.post(f"{here}/authorities", BODIES[f"{_P}/authorities"]).body["id"],
        "network": network,
        "scan": scans[0].id,
        "chunk": "00000",
        "alert": alert,
        "comment": comment,
        "channel": channels[0]["channel"]["id"],
        "export": exports[0],
        "token": tokens[0],
        "user": id_of(user),
        "invitation": invited[0],
        "asset": "10.0.0.7",
        "version": "1",
    }
    return Estate(project, ids)


_P = "/v1/projects/{project}"


@pytest.fixture
def theirs(api: Api, platform: Platform) -> Estate:
    return settle(api, platform, "theirs")


def missing(name: str, real: str) -> str:
    """Of the same shape, and nobody's."""
    if name == "user":
        return "u_" + "0" * 32
    return real if name in ("asset", "version", "chunk") else new_id(START)


def plain(answer: Answer, ids: Mapping[str, str]) -> tuple[int, str]:
    """What was told, without the ids that were asked for."""
    text = json.dumps(answer.body)
    for name, value in ids.items():
        if name not in ("asset", "version", "chunk"):
            text = text.replace(value, name)
    return answer.status, text


def ask(api: Api, method: str, path: str, project: str, ids: Mapping[str, str]) -> tuple[int, str]:
    whole = NAMED.sub(lambda part: {"project": project, **ids}.get(part[1], new_id(START)), path)
    query = next((query for end, query in QUERIES.items() if path.endswith(end)), {})
    if path.endswith("/diff"):
        query = {"against": "inventory"}
    body = (
        None
        if method in ("GET", "DELETE")
        else BODIES.get(path, {} if method == "PATCH" else {"reason": "x", "assignee": "x"})
    )
    if path.endswith(WITHOUT_BODY):
        body = BODIES.get(path, {})
    headers = {"If-Match": '"1"'} if method != "GET" else {}
    return plain(api.call(method, whole, body, query=query, headers=headers), ids)


def test_what_is_another_projects_is_told_as_what_never_was(
    api: Api, platform: Platform, project: str, theirs: Estate
) -> None:
    crossing = []
    for method, path in ROUTES:
        foreign = ask(api, method, path, project, theirs.ids)
        nobodys = {name: missing(name, real) for name, real in theirs.ids.items()}
        nowhere = ask(api, method, path, project, nobodys)
        if foreign != nowhere or (foreign[0] not in REFUSALS and path not in EMPTY):
            crossing.append((method, path, foreign, nowhere))
    assert crossing == []


def test_an_id_of_another_project_in_a_body_or_a_query_names_nothing(
    api: Api, platform: Platform, project: str, theirs: Estate
) -> None:
    nobodys = {name: missing(name, real) for name, real in theirs.ids.items()}

    def asked(ids: Mapping[str, str]) -> list[tuple[int, str]]:
        bodies: tuple[tuple[str, dict[str, Any]], ...] = (
            ("scans", {"network": ids["network"]}),
            ("exports", {"kind": "exposures", "format": "csv", "filters": {"network": ids["network"]}}),
            ("exports", {"kind": "scan", "format": "xml", "filters": {"scan": ids["scan"]}}),
            ("alerts/bulk", {"action": "take", "alerts": [ids["alert"]]}),
        )
        posted = [api.post(f"/v1/projects/{project}/{path}", body) for path, body in bodies]
        paths = ("exposures", "hosts", "scans", "alerts", "trends")
        found = [api.get(f"/v1/projects/{project}/{path}", network=ids["network"]) for path in paths]
        found.append(api.get(f"/v1/projects/{project}/why", asset="10.0.0.7", port=22))
        return [plain(answer, ids) for answer in (*posted, *found)]

    foreign = asked(theirs.ids)
    assert foreign == asked(nobodys)
    assert not any(real in text for _, text in foreign for real in theirs.ids.values() if len(real) > 20)
    one = api.get(f"/v1/projects/{theirs.project}/alerts/{theirs.ids['alert']}").body
    assert one["assignee"] == ""


def test_a_cursor_of_another_project_is_refused(api: Api, platform: Platform, theirs: Estate) -> None:
    ours = settle(api, platform, "ours")
    for path in LISTS:
        first = api.get(f"/v1/projects/{theirs.project}/{path}", limit=1)
        assert first.status == 200, (path, first.body)
        cursor = first.body["next_cursor"]
        assert cursor, path
        assert api.get(f"/v1/projects/{theirs.project}/{path}", limit=1, cursor=cursor).status == 200
        refused = api.get(f"/v1/projects/{ours.project}/{path}", limit=1, cursor=cursor)
        assert (refused.status, refused.body.get("field")) == (400, "cursor"), path


def test_an_idempotency_key_is_one_callers_in_one_project(api: Api, platform: Platform, project: str) -> None:
    other = str(api.post("/v1/projects", {"name": "other"}).body["id"])
    ann, bob = join(api, project, "ann", "admin"), join(api, project, "bob", "admin")
    made = {
        str(who.post(f"/v1/projects/{where}/networks", DRAFT, key="k").body["id"])
        for who, where in ((ann, project), (bob, project), (api, project), (api, other))
    }
    assert len(made) == 4
    assert ann.post(f"/v1/projects/{project}/networks", DRAFT, key="k").headers["Idempotency-Replayed"] == "true"


def test_a_kept_answer_is_not_given_to_whom_it_was_not_given(api: Api, project: str) -> None:
    ann, bob = join(api, project, "ann", "admin"), join(api, project, "bob", "viewer")
    assert ann.post(f"/v1/projects/{project}/networks", DRAFT, key="k").status == 201
    assert bob.post(f"/v1/projects/{project}/networks", DRAFT, key="k").slug == "forbidden"


def test_a_link_leads_into_the_callers_project_alone(api: Api, platform: Platform, project: str) -> None:
    mine = Export.model_validate(api.post(f"/v1/projects/{project}/exports", BODIES[f"{_P}/exports"]).body)
    platform.http.exports.finish(platform.http.exports.begin(mine), rows=0, size=0, now=platform.clock())
    link = api.get(f"/v1/projects/{project}/exports/{mine.id}").body["link"]
    assert f"/exports/{project}/" in link


def test_a_topic_that_carries_a_projects_id_is_that_projects_alone(api: Api, project: str) -> None:
    def add(name: str) -> Answer:
        topic = f"arn:aws:sns:us-east-1:000000000000:vedette-{name}"
        return api.post(f"/v1/projects/{project}/channels", {"name": name, "kind": "sns", "topic": topic})

    assert add("soc").status == 201
    assert add(f"{project}-soc").status == 201
    refused = add(f"{new_id(START)}-soc")
    assert (refused.slug, refused.body["field"]) == ("out-of-scope", "topic")
