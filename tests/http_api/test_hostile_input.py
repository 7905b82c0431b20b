"""What callers who mean harm send: each text is refused by its field, and no body makes the door fail."""

import json
from typing import Any

import pytest

from tests.http_api.conftest import DRAFT, Answer, Api
from tests.platform_in_memory import Platform

DENIED = [
    "0.0.0.0/0", "127.0.0.0/8", "127.0.0.1", "169.254.169.254", "169.254.170.2", "224.0.0.1", "255.255.255.255", "240.0.0.1",
    "1.0.0.0-223.255.255.255", "10.0.0.1-127.0.0.1",
    "::", "::1", "::/0", "fe80::1", "ff02::1", "fd00:ec2::254", "fd20:ce::254",
    "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::FFFF:10.0.0.1", "0:0:0:0:0:ffff:a9fe:a9fe", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::169.254.169.254", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::",
]  # fmt: skip
SPELLINGS = [
    "0177.0.0.1", "010.0.0.1", "0x7f.0.0.1", "0x7f000001", "0X7F000001", "2130706433", "127.1", "10.1", "0", "127.0.0.1.", "10.0.0.1.",
    "127.0.0.1%lo", "fe80::1%eth0", "[::1]", "[fd00::1]:80", "10.0.0.1:80",
    "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1", "\u0661\u0662\u0667.0.0.1",
    " 10.0.0.1", "10.0.0.1 ", "\t10.0.0.1", "10.0.0.1\n", "10.0.0.1\r\n10.0.0.2", "10.0.0.1\x00", "10.0.0.1\u200b", "10.0.0.1\u00a0",
    "10.0.0.0/024", "10.0.0.0/0x18", "10.0.0.0/\u0662\u0664", "localhost.", "a" * 301, "",
]  # fmt: skip
INJECTIONS = [
    "-iL /etc/passwd", "-iL/etc/passwd", "--script=x", "-", "10.0.0.1;id", "10.0.0.1 -oN /tmp/x", "10.0.0.1|id", "10.0.0.1&&id",
    "$(id)", "`id`", "${HOME}", "'10.0.0.1'", '"10.0.0.1"', "10.0.0.1\n--script x", "../../etc/passwd", "file:///etc/passwd", "%0a", "*", "~",
    "a_b.example", "-a.example", "a-.example", "a..example", "<script>", "=cmd|' /C calc'!A0", "\x1b]0;x\x07", "\u202egro.elpmaxe",
]  # fmt: skip


@pytest.fixture
def doors(api: Api, project: str, network: str) -> dict[str, Any]:
    """Where a target comes in: the path and the body around it."""
    one = f"/v1/projects/{project}"
    return {
        "networks": lambda text: api.post(f"{one}/networks", DRAFT | {"targets": ["10.0.0.0/24", text]}),
        "edits": lambda text: api.put(f"{one}/networks/{network}", DRAFT | {"targets": ["10.0.0.9", text]}, version=1),
        "previews": lambda text: api.post(f"{one}/networks/preview", DRAFT | {"targets": ["10.0.0.0/24", text]}),
        "scans": lambda text: api.post(f"{one}/scans", {"network": network, "targets": ["10.0.0.1", text]}),
    }


def told(answer: Answer) -> tuple[int, str]:
    """The status, and the field that the problem names."""
    assert answer.slug in {"invalid-input", "out-of-scope"}
    return answer.status, str(answer.body["field"])


@pytest.mark.parametrize("door", ["networks", "edits", "previews", "scans"])
@pytest.mark.parametrize("texts", [DENIED, SPELLINGS, INJECTIONS], ids=["denied", "spellings", "injections"])
def test_no_door_lets_such_a_target_in(doors: dict[str, Any], platform: Platform, door: str, texts: list[str]) -> None:
    assert {text: told(doors[door](text)) for text in texts} == dict.fromkeys(texts, (400, "targets.1"))
    assert platform.workflow.executions == {}


@pytest.mark.parametrize("texts", [SPELLINGS, INJECTIONS], ids=["spellings", "injections"])
def test_an_exclusion_that_cannot_be_read_is_refused_and_not_passed_over(
    api: Api, project: str, texts: list[str]
) -> None:
    answers = {text: api.post(f"/v1/projects/{project}/networks", DRAFT | {"exclusions": [text]}) for text in texts}
    assert {text: told(answer) for text, answer in answers.items()} == dict.fromkeys(texts, (400, "exclusions.0"))


TEXTS = {
    "ports": ["22;id", "$(id)", "-p-", "--top-ports 10", "22\n80", "22\x00", "\uff12\uff12", "1-", "-1", "'22'", "0-65535", "9" * 400, "22," * 2000, ""],
    "profile": ["standard;id", "../standard", "-T5", "standard\n", "standard\x00", "STANDARD", "--script", ""],
}  # fmt: skip
SCHEDULES = [
    "cron(0 6 * * ? *);id", "cron(0 6 * * ? *)\nrate(1 day)", "cron(0 6 * * ? $(id))", "rate(1 day)\n", "rate(1 day) ", "rate(1 day\x00)",
    "$(id)", "at(2030-01-01T00:00:00)", "rate(\uff19 days)", "rate(99999999999999999999 days)", "rate(-1 days)", "cron(0 6 * * ? 99999999999999)",
    "cron(" + "1," * 120 + ")", "cron(*/0 * * * ? *)", "",
]  # fmt: skip
ZONES = ["../../etc/passwd", "/etc/passwd", "UTC\x00", "UTC\n", " UTC", "-x", "$(id)", "a/" * 30, "\ud800", ""]


@pytest.mark.parametrize("field", TEXTS)
def test_no_text_of_a_network_or_a_scan_is_more_than_its_grammar(
    api: Api, project: str, network: str, field: str
) -> None:
    one, texts = f"/v1/projects/{project}", TEXTS[field]
    drafts = {text: told(api.post(f"{one}/networks", DRAFT | {field: text})) for text in texts}
    assert drafts == dict.fromkeys(texts, (400, field))
    # A scan without ports or a profile takes those of its network.
    asked = [text for text in texts if text]
    scans = {text: told(api.post(f"{one}/scans", {"network": network, field: text})) for text in asked}
    assert scans == dict.fromkeys(asked, (400, field))


def test_no_text_of_a_schedule_is_more_than_its_grammar(api: Api, platform: Platform, project: str) -> None:
    def refusal(**schedule: str) -> tuple[int, str]:
        return told(api.post(f"/v1/projects/{project}/networks", DRAFT | {"schedule": schedule}))

    assert {text: refusal(expression=text) for text in SCHEDULES} == dict.fromkeys(
        SCHEDULES, (400, "schedule.expression")
    )
    zones = {text: refusal(expression="rate(1 day)", timezone=text) for text in ZONES}
    assert zones == dict.fromkeys(ZONES, (400, "schedule.timezone"))
    assert platform.scheduler.schedules == {}


BODIES = [
    '{"name": ' + "1" * 5000 + "}",
    '{"name": 1e400}',
    '{"name": -Infinity}',
    '{"name": "\\ud800"}',
    '{"name": "x", "targets": ["\\ud800"]}',
    '{"name": "x"}{"name": "x"}',
    '\ufeff{"name": "x"}',
    '{"name": "x", "name": "x"}',
    '{"a":' * 5000 + "1" + "}" * 5000,
    '{"name": "x", "scopes": ["read"], "expires": "9999-12-31T23:59:59-12:00"}',
    '{"name": "x", "scopes": ["read"], "expires": "0001-01-01T00:00:00+14:00"}',
    '{"name": "x", "scopes": ["read"], "expires": 1e300}',
    '{"name": "x", "scopes": ["read"], "expires": {}}',
    '{"name": "x", "scopes": "read"}',
    '{"network": "../..", "targets": {"0": "10.0.0.1"}}',
    '{"cursor": 5}',
    '{"enabled": "perhaps"}',
    json.dumps(DRAFT | {"rate": 10**400}),
    json.dumps(DRAFT | {"rate": "\uff19\uff19"}),
    json.dumps(DRAFT | {"alerts": {"misses_to_close": 10**30}}),
    json.dumps(DRAFT | {"targets": "10.0.0.0/24"}),
    json.dumps(DRAFT | {"targets": [["10.0.0.1"]]}),
    json.dumps(DRAFT | {"targets": ["10.0.0.1"] * 1001}),
    json.dumps(DRAFT | {"protocols": ["tcp\n"]}),
    json.dumps(DRAFT | {"schedule": "rate(1 day)"}),
    '{"name": "' + "x" * 1_000_000 + '"}',
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/projects"),
        ("POST", "/v1/projects/{project}/networks"),
        ("POST", "/v1/projects/{project}/networks/preview"),
        ("PUT", "/v1/projects/{project}/networks/{network}"),
        ("PATCH", "/v1/projects/{project}/networks/{network}/schedule"),
        ("POST", "/v1/projects/{project}/scans"),
        ("POST", "/v1/projects/{project}/tokens"),
        ("POST", "/v1/projects/{project}/alerts/reconcile"),
    ],
)
def test_a_body_that_makes_no_sense_is_a_problem_of_the_callers(
    api: Api, project: str, network: str, method: str, path: str
) -> None:
    where = path.format(project=project, network=network)
    for body in BODIES:
        answer = api.call(method, where, raw={"body": body}, headers={"If-Match": '"1"'})
        assert answer.status in {400, 413}, body[:80]
        assert answer.slug in {"invalid-input", "body-too-large"}


@pytest.mark.parametrize(
    "query",
    [
        {"asset": "10.0.0.1;id", "port": "22"},
        {"asset": "::ffff:10.0.0.1", "port": "22"},
        {"asset": "10.0.0.1\x00", "port": "22"},
        {"asset": "10.0.0.1", "port": "\uff12\uff12\uff12\uff12\uff12\uff12"},
        {"asset": "10.0.0.1", "port": "9" * 5000},
        {"asset": "10.0.0.1", "port": "22", "protocol": "tcp;id"},
    ],
)
def test_a_query_that_makes_no_sense_is_a_problem_of_the_callers(api: Api, project: str, query: dict[str, str]) -> None:
    assert told(api.get(f"/v1/projects/{project}/why", **query))[0] == 400
