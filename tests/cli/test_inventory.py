"""`vedette networks`, `hosts` and `history` against the API itself, in memory."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import main
from cli.client import Client
from cli.history import split_subject
from tests.core.authorities import everywhere
from tests.http_api.conftest import ADMIN, Api
from tests.http_api.test_hosts import ADDRESS, remember
from tests.platform_in_memory import Platform

Command = Callable[..., tuple[int, str, str]]
DRAFT = {
    "name": "office",
    "targets": ["10.0.0.0/24"],
    "ports": "22,80",
    "schedule": {"expression": "rate(1 day)"},
}


def answer(request: httpx.Request) -> httpx.Response:
    """What the API's own handler answers."""
    told = Api(ADMIN).call(
        request.method,
        request.url.path,
        json.loads(request.content) if request.content else None,
        query=dict(request.url.params),
        headers=dict(request.headers),
    )
    return httpx.Response(told.status, json=told.body)


@pytest.fixture
def command(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    monkeypatch.chdir(tmp_path)
    for name, value in {"URL": "http://api.test", "WEBSOCKET_URL": "ws://api.test", "TOKEN": "vdt_x"}.items():
        monkeypatch.setenv(f"VEDETTE_{name}", value)
    monkeypatch.setattr("cli.session.Client", lambda access: Client(access, transport=httpx.MockTransport(answer)))

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["vedette", *words])
        with pytest.raises(SystemExit) as ended:
            main.main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


@pytest.fixture
def project(platform: Platform, command: Command) -> str:
    """The default one, which may scan everywhere."""
    command("networks")
    made = str(Api(ADMIN).get("/v1/projects").body["items"][0]["id"])
    platform.http.authorities.create(everywhere(made))
    return made


@pytest.fixture
def office(platform: Platform, project: str) -> str:
    """The default project's only network, which knows a host."""
    network = str(Api(ADMIN).post(f"/v1/projects/{project}/networks", DRAFT).body["id"])
    remember(platform, project, network)
    return network


def documents(command: Command, *words: str) -> Any:
    code, out, err = command(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def test_a_network_is_listed_shown_tagged_renamed_and_turned_off_and_on(command: Command, office: str) -> None:
    assert command("networks", "tag", "office", "dmz", "prod") == (0, "network office has the tags dmz, prod\n", "")
    assert command("networks", "disable", "office")[1] == "network office is off\n"
    assert command("networks")[1].splitlines() == [
        f"{office}\toffice\t10.0.0.0/24\t22,80\t1000 packets/s\trate(1 day)\tdmz, prod\toff"
    ]
    command("networks", "enable", office)
    command("networks", "rename", "office", "headquarters")
    shown = documents(command, "networks", "show", "headquarters")
    assert (shown["enabled"], shown["tags"]) == (True, ["dmz", "prod"])
    assert "targets: 10.0.0.0/24\n" in command("networks", "show", "headquarters")[1]
    assert command("networks", "tag", "headquarters")[1].endswith("has the tags none\n")
    assert command("networks", "tag", "headquarters", "two words")[0] == 2


def test_alert_settings_are_printed_and_replaced(command: Command, office: str, tmp_path: Path) -> None:
    settings = json.loads(command("networks", "alerts", "office")[1])
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps(settings | {"misses_to_close": 5}))
    assert command("networks", "alerts", "office", str(file))[0] == 0
    assert json.loads(command("networks", "alerts", "office")[1])["misses_to_close"] == 5
    file.write_text(json.dumps({"confirm": ["NEW_HOST"]}))
    code, _, err = command("networks", "alerts", "office", str(file))
    assert (code, "alerts.confirm" in err) == (2, True)
    file.write_text("{")
    assert command("networks", "alerts", "office", str(file))[0] == 2


@pytest.mark.usefixtures("project")
def test_a_network_is_made_edited_and_scheduled(command: Command) -> None:
    made = documents(
        command,
        "networks",
        "create",
        "dmz",
        "10.9.0.0/24",
        "--ports",
        "22",
        "--rate",
        "50",
        "--schedule",
        "rate(1 day)",
    )
    assert (made["targets"], made["rate"], made["schedule"]["expression"]) == (["10.9.0.0/24"], 50, "rate(1 day)")
    words = ("--target", "10.9.1.0/24", "--exclude", "10.9.1.1", "--ports", "80", "--protocol", "udp", "--off")
    code, out, _ = command("networks", "edit", "dmz", *words, "--profile", "connect")
    assert (code, out) == (0, "network dmz has another ports, protocols, profile, exclusions, targets, enabled\n")
    edited = documents(command, "networks", "show", "dmz")
    assert (edited["targets"], edited["exclusions"], edited["ports"]) == (["10.9.1.0/24"], ["10.9.1.1"], "80")
    assert (edited["protocols"], edited["profile"], edited["enabled"], edited["rate"]) == (
        ["udp"],
        "connect",
        False,
        50,
    )
    assert documents(command, "networks", "edit", "dmz", "--exclude", "")["exclusions"] == []
    asked = ("--script", "http-headers", "--script-category", "default", "--script-arg", "http-headers.useget=true")
    assert documents(command, "networks", "edit", "dmz", *asked)["scripts"] == {
        "categories": ["default"],
        "names": ["http-headers"],
        "arguments": {"http-headers.useget": True},
    }
    assert documents(command, "networks", "edit", "dmz", "--script", "")["scripts"]["names"] == []
    first = ("--host-discovery", "icmp", "--host-discovery", "arp", "--silent-hosts", "host_down")
    hosts = documents(command, "networks", "edit", "dmz", *first)["host_discovery"]
    assert (hosts["by"], hosts["silent"]) == (["icmp", "arp"], "host_down")
    assert documents(command, "networks", "edit", "dmz", "--host-discovery", "")["host_discovery"]["by"] == []
    assert documents(command, "networks", "edit", "dmz", "--deadline-minutes", "90")["deadline_minutes"] == 90
    assert documents(command, "networks", "edit", "dmz", "--deadline-minutes", "none")["deadline_minutes"] is None
    assert "write 90, or none" in command("networks", "edit", "dmz", "--deadline-minutes", "soon")[2]
    told = command("networks", "preview", "dmz")[1]
    assert told.startswith("256 addresses, 256 cells in 1 chunks")
    assert "USD; `vedette estimate` tells more" in told


@pytest.mark.usefixtures("project")
def test_the_guess_of_systems_is_turned_on_and_off(command: Command) -> None:
    assert documents(command, "networks", "create", "plain", "10.8.0.0/24")["os_detection"] is False
    assert documents(command, "networks", "create", "dmz", "10.9.0.0/24", "--os-detection")["os_detection"] is True
    assert documents(command, "networks", "edit", "dmz", "--ports", "80")["os_detection"] is True
    assert "os_detection: true\n" in command("networks", "show", "dmz")[1]
    assert command("networks", "edit", "dmz", "--no-os-detection")[1] == "network dmz has another os_detection\n"
    assert documents(command, "networks", "show", "dmz")["os_detection"] is False


def test_an_estimate_is_told_by_service(command: Command, office: str) -> None:
    code, out, _ = command("estimate", "office")
    assert code == 0
    assert out.startswith("1 chunks by 1 tasks at once, in us-east-1 on x86_64\n")
    assert "a guess: nothing is known of it yet" in out
    assert " Fargate\n" in out
    assert " Step Functions\n" in out

    code, out, _ = command("estimate", "office", "--architecture", "arm64", "--json")
    assert json.loads(out)["architecture"] == "arm64"


def test_an_estimate_for_an_unknown_region_names_the_known_ones(command: Command, office: str) -> None:
    code, _, err = command("estimate", "office", "--region", "mars-1")
    assert code == 2
    assert "us-east-1, us-east-2, us-west-2" in err


def test_a_schedule_is_given_switched_and_taken_away(command: Command, office: str) -> None:
    def say(*words: str) -> str:
        code, out, err = command("networks", "schedule", "office", *words)
        assert code == 0, err
        return out

    assert say() == "network office: rate(1 day) (UTC)\n"
    assert say("off") == "network office: rate(1 day) (UTC, off)\n"
    assert say("on") == "network office: rate(1 day) (UTC)\n"
    assert say("cron(0 6 * * ? *)", "--timezone", "Europe/Berlin") == (
        "network office: cron(0 6 * * ? *) (Europe/Berlin)\n"
    )
    assert say("cron(0 7 * * ? *)") == "network office: cron(0 7 * * ? *) (Europe/Berlin)\n"
    assert say("none") == "network office: no schedule; it is scanned when you ask\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("create", "office", "10.9.0.0/24"), "there is a network 'office' already"),
        (("create", "dmz", "10.9.0.0/24", "--timezone", "UTC"), "give --schedule too"),
        (("create", "dmz", "10.9.0.0/33"), "targets.0: "),
        (("create", "dmz", "10.9.0.0/24", "--schedule", "daily"), "schedule.expression: "),
        (("edit", "office"), "say what to change"),
        (("edit", "office", "--ports", "22-"), "ports: "),
        (("edit", "office", "--rate", "1"), "rate: "),
        (("edit", "office", "--protocol", "icmp"), "protocols.0: "),
        (("edit", "office", "--os-detection", "--profile", "connect"), "os_detection: "),
        (("edit", "nowhere", "--ports", "22"), "there is no network 'nowhere' in this project"),
        (("schedule", "office", "off", "--timezone", "UTC"), "give the schedule's expression too"),
        (("schedule", "office", "rate(2 day)"), "schedule.expression: "),
    ],
)
def test_what_cannot_be_is_refused_and_says_where(
    command: Command, office: str, words: tuple[str, ...], said: str
) -> None:
    code, out, err = command("networks", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert documents(command, "networks", "show", "office")["version"] == 1


@pytest.mark.parametrize("noun", ["alerts", "channels", "hosts", "networks", "rules", "scans"])
def test_a_noun_lists_by_itself_and_by_list(command: Command, office: str, noun: str) -> None:
    assert documents(command, noun) == documents(command, noun, "list")


def test_a_network_is_cloned_and_deleted(command: Command, office: str) -> None:
    clone = documents(command, "networks", "clone", "office", "copy", "--target", "10.0.1.0/24")
    assert (clone["name"], clone["targets"], clone["schedule"]["enabled"]) == ("copy", ["10.0.1.0/24"], False)
    assert command("networks", "delete", "copy")[0] == 0
    assert len(documents(command, "networks")["networks"]) == 1


def test_what_is_open_is_accepted(command: Command, office: str) -> None:
    told = "examined 2 exposures, accepted 2 as baseline; accepted 0 hosts\n"
    assert command("networks", "baseline", "office")[1] == told
    assert documents(command, "networks", "baseline", "office") == {"examined": 2, "accepted": 0, "hosts": 0}


def test_hosts_are_listed_shown_and_edited(command: Command, office: str) -> None:
    assert command("hosts", "edit", ADDRESS, "--name", "printer\x1b[2J", "--tag", "third")[0] == 0
    (line,) = command("hosts", "--tag", "third")[1].splitlines()
    assert line.startswith(f"{ADDRESS}\tprinter\\x1b[2J\t{office}\tup\t")
    assert [each["asset"] for each in documents(command, "hosts", "--down")["hosts"]] == ["fd00::7"]
    shown = command("hosts", "show", ADDRESS)[1]
    assert "In network office:\n" in shown
    assert f"{ADDRESS}\t22/tcp\topen\t" in shown
    assert re.search(r"^  edited: .+ ago by \w+$", shown, re.MULTILINE)
    assert command("hosts", "edit", ADDRESS)[0] == 2
    assert command("hosts", "edit", "10.0.0.99", "--name", "x")[0] == 2


def test_history_is_told_newest_first(command: Command, office: str) -> None:
    told = documents(command, "history", ADDRESS)["history"]
    assert [each["event"] for each in told] == ["opened", "closed", "opened", "seen"]
    of_port = command("history", f"{ADDRESS}:22", "--network", "office")[1].splitlines()
    assert [line.split("\t")[3:5] for line in of_port] == [["22/tcp", "closed"], ["22/tcp", "opened"]]
    assert len(documents(command, "history", ADDRESS, "--limit", "1")["history"]) == 1


@pytest.mark.parametrize("state", ["suspect", "flapping"])
def test_ports_are_found_by_any_state(command: Command, office: str, state: str) -> None:
    assert documents(command, "ports", "--state", state) == {"ports": []}
    assert len(documents(command, "ports", "--state", "present")["ports"]) == 2
    assert command("ports", "--state", "ajar")[0] == 2


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("10.0.0.1", ("10.0.0.1", None, None)),
        ("10.0.0.1:443", ("10.0.0.1", 443, "tcp")),
        ("fd00::1", ("fd00::1", None, None)),
        ("[fd00::1]", ("fd00::1", None, None)),
        ("[fd00::1]:53/udp", ("fd00::1", 53, "udp")),
        ("www.example.org", ("www.example.org", None, None)),
    ],
)
def test_a_subject_is_an_address_or_one_of_its_ports(text: str, subject: tuple[str, int | None, str | None]) -> None:
    assert split_subject(text) == subject
