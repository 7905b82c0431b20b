"""Exports: asking, looking, reading."""

from typing import Any

import pytest

from functions.core.export import Export
from tests.http_api.conftest import ADMIN, Api
from tests.platform_in_memory import Platform

CSV: dict[str, Any] = {"kind": "exposures", "format": "csv"}
NOBODY = "01KAJ00000000000000000NET0"


@pytest.fixture
def exports(project: str) -> str:
    return f"/v1/projects/{project}/exports"


def test_an_export_is_asked_for_once_and_handed_to_the_queue(
    api: Api, platform: Platform, exports: str, project: str
) -> None:
    asked = api.post(exports, CSV | {"filters": {"state": "open"}}, key="once")
    again = api.post(exports, CSV | {"filters": {"state": "open"}}, key="once")
    assert asked.status == 202
    assert again.body == asked.body
    assert (asked.body["status"], asked.body["created_by"], asked.body["filters"]["state"]) == (
        "waiting",
        ADMIN.id,
        "open",
    )
    assert platform.export.sent == [{"project": project, "export": asked.body["id"]}]


def test_there_is_a_link_once_it_is_done_and_not_after_its_time(api: Api, platform: Platform, exports: str) -> None:
    one = api.post(exports, CSV).body
    path = f"{exports}/{one['id']}"
    assert api.get(path).body == {"export": one, "link": None}
    store = platform.http.exports
    store.finish(store.begin(Export.model_validate(one)), rows=3, size=70, now=platform.clock())
    done = api.get(path).body
    assert (done["export"]["status"], done["export"]["rows"], done["export"]["size"]) == ("done", 3, 70)
    assert f"exports/{one['project']}/{one['id']}/exposures-{one['id']}.csv" in done["link"]
    platform.clock.advance(days=8)
    assert api.get(path).status == 404


def test_exports_are_listed_newest_first_page_by_page(api: Api, platform: Platform, exports: str) -> None:
    made = []
    for _ in range(3):
        platform.clock.advance(seconds=1)
        made.append(api.post(exports, CSV).body["id"])
    first = api.get(exports, limit=2).body
    rest = api.get(exports, limit=2, cursor=first["next_cursor"]).body
    assert [each["id"] for each in (*first["items"], *rest["items"])] == made[::-1]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"kind": "exposures"}, 400, "format"),
        (CSV | {"kind": "tokens"}, 400, "kind"),
        (CSV | {"format": "nmap_xml"}, 400, "format"),
        (CSV | {"filters": {"status": "open"}}, 400, "filters.status"),
        (CSV | {"filters": {"port": 65536}}, 400, "filters.port"),
        (CSV | {"filters": {"cidr": "10.0.0.0/33"}}, 400, "cidr"),
        (CSV | {"filters": {"cidr": "10.0.0.0/8", "address": "10.0.0.1"}}, 400, "cidr"),
        (CSV | {"filters": {"file": "/etc/passwd"}}, 400, "filters.file"),
        (CSV | {"filters": {"network": NOBODY}}, 404, None),
        ({"kind": "scan_xml", "format": "nmap_xml", "filters": {"scan": NOBODY}}, 404, None),
        ({"kind": "scan_xml", "format": "nmap_xml"}, 400, "filters.scan"),
    ],
)
def test_what_cannot_be_exported_is_refused_and_nothing_is_queued(
    *, api: Api, platform: Platform, exports: str, body: dict[str, Any], status: int, field: str | None
) -> None:
    refused = api.post(exports, body)
    assert refused.status == status
    assert refused.body.get("field") == field
    assert platform.export.sent == []


def test_another_tenants_export_is_not_there(api: Api, exports: str) -> None:
    one = api.post(exports, CSV).body["id"]
    other = api.post("/v1/projects", {"name": "other"}).body["id"]
    assert api.get(f"/v1/projects/{other}/exports/{one}").status == 404
    assert api.get(f"/v1/projects/{other}/exports").body["items"] == []
    assert Api(ADMIN.model_copy(update={"project": other})).get(f"{exports}/{one}").status == 404


def test_exporting_needs_the_right_to_read(exports: str, platform: Platform) -> None:
    triage = Api(ADMIN.model_copy(update={"scopes": ("triage",)}))
    assert triage.post(exports, CSV).status == 403
    assert triage.get(exports).status == 403
