"""The live view: every event once, through a broken connection; nobody else's events."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from socket import SHUT_RDWR
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from cli.errors import ApiError
from cli.live import Feed, connector
from tests.e2e.estate import PORTS, targets
from tests.e2e.platform import ENDED, Json, Platform, Project, eventually
from tests.lab.lab import Lab

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

PATIENCE_S = 240
"""For one answer or event: a busy machine may have to start a function for it, or a whole scan's worker."""


def ask(socket: ClientConnection, **frame: Any) -> Json:
    socket.send(json.dumps(frame))
    answer: Json = json.loads(socket.recv(timeout=PATIENCE_S))
    return answer


@dataclass
class Breaking:
    """A connection that breaks after some events: what was on its way then is lost with it."""

    socket: ClientConnection
    lasts: int

    def send(self, message: str) -> None:
        self.socket.send(message)

    def recv(self, timeout: float | None = None) -> str | bytes:
        if not self.lasts:
            self.socket.socket.shutdown(SHUT_RDWR)
            raise ConnectionClosedError(None, None)
        frame = self.socket.recv(timeout=timeout)
        self.lasts -= "id" in json.loads(frame)
        return frame


def test_a_broken_connection_loses_no_event(project: Project, lab: Lab) -> None:
    network = project.network(targets=targets(lab, "web", "mail"), ports=PORTS, rate=500, profile="discovery")
    platform = project.platform
    open_socket = connector(platform.client, platform.access.websocket_url, project=project.id)
    broken: list[Breaking] = []
    seen: list[Json] = []
    with platform.live(project.id) as first:
        scan = project.start(network)

        @contextmanager
        def breaking() -> Iterator[Breaking]:
            """Each of the first three lasts two events; the next one to the end."""
            with open_socket() if broken else nullcontext(first) as socket:
                assert isinstance(socket, ClientConnection)
                broken.append(Breaking(socket, lasts=2 if len(broken) < 3 else -1))
                yield broken[-1]

        for frame in Feed(breaking, topic=f"scan:{scan['id']}", project=project.id).frames():
            if frame and "id" in frame:
                seen.append(frame)
            if frame and frame["type"] == "scan.finished":
                break
    assert len(broken) == 4
    kinds = [event["type"] for event in seen]
    chunks = project.get("scans", scan["id"])["counts"]["chunks"]
    assert kinds.count("scan.planned") == 1
    assert kinds.count("chunk.started") == kinds.count("chunk.done") == chunks
    found = {(event["data"]["asset"], event["data"]["port"]) for event in seen if event["type"] == "port.found"}
    assert found == {(asset, port) for asset, _, port in project.open()}
    assert any(event["type"] == "chunk.progress" for event in seen)
    assert len({event["id"] for event in seen}) == len(seen)


def test_a_project_hears_of_its_scans(project: Project, lab: Lab) -> None:
    network = project.network(targets=targets(lab, "silent"), ports="1-10", rate=500)
    with project.platform.live(project.id) as socket:
        snapshot = ask(socket, action="subscribe", topic=f"project:{project.id}", project=project.id)
        assert snapshot["type"] == "snapshot"
        scan = project.start(network)
        kinds = []
        while "scan.finished" not in kinds:
            event = json.loads(socket.recv(timeout=PATIENCE_S))
            assert event["topic"] == f"project:{project.id}"
            kinds.append(event["type"])
    assert "scan.planned" in kinds
    assert project.get("scans", scan["id"])["status"] in ENDED


def test_ping_is_answered_and_what_is_no_frame_is_an_error(project: Project) -> None:
    with project.platform.live(project.id) as socket:
        assert ask(socket, action="ping")["type"] == "pong"
        for frame in ({"action": "subscribe"}, {"action": "subscribe", "topic": "scan:../x"}, {"action": "steal"}, {}):
            answer = ask(socket, **frame)
            assert (answer["type"], bool(answer["message"])) == ("error", True), frame
        socket.send("not json")
        assert json.loads(socket.recv(timeout=PATIENCE_S))["type"] in {"error", "pong"}


@pytest.mark.parametrize("query", ["", "?ticket=", "?ticket=vdk_" + "x" * 43, "?token=TOKEN"])
def test_without_a_ticket_there_is_no_connection(platform: Platform, query: str) -> None:
    """Not with a token in the query or in the header either."""
    url = platform.access.websocket_url + query.replace("TOKEN", platform.access.token)
    header = {"Authorization": f"Bearer {platform.access.token}"}
    with (
        pytest.raises(InvalidStatus) as refused,
        connect(url, additional_headers=header, proxy=None, open_timeout=180),
    ):
        pass
    assert refused.value.response.status_code in {401, 403}


def test_a_ticket_opens_one_connection(platform: Platform) -> None:
    ticket = platform.client.post("projects", platform.project().id, "tickets")["ticket"]
    with platform.handshake(ticket) as socket:
        assert ask(socket, action="ping")["type"] == "pong"
        with pytest.raises(InvalidStatus) as refused, platform.handshake(ticket):
            pass
    assert refused.value.response.status_code in {401, 403}


def test_a_connection_into_one_project_hears_nothing_of_another(platform: Platform, lab: Lab) -> None:
    """Whether its holder reaches the other one or not."""
    mine, theirs = platform.project("mine"), platform.project("theirs")
    token = theirs.token("read")["token"]
    with platform.with_token(token) as client, pytest.raises(ApiError) as refused:
        client.post("projects", mine.id, "tickets")
    assert refused.value.status == 404
    scan = mine.start(mine.network(targets=targets(lab, "silent"), ports="1-5"))
    for holder in (token, platform.access.token):
        with platform.live(theirs.id, holder) as socket:
            for topic in (f"scan:{scan['id']}", f"project:{mine.id}"):
                for named in ({}, {"project": mine.id}, {"project": theirs.id}):
                    answer = ask(socket, action="subscribe", topic=topic, **named)
                    assert answer["type"] == "error", (topic, named, answer)
    mine.ended(scan)


def test_a_connection_that_is_gone_is_forgotten(project: Project, lab: Lab) -> None:
    platform = project.platform
    with platform.live(project.id) as socket:
        assert ask(socket, action="subscribe", topic=f"project:{project.id}", project=project.id)["type"] == "snapshot"
        socket.socket.shutdown(SHUT_RDWR)
    project.scan(project.network(targets=targets(lab, "silent"), ports="1-5"))

    def forgotten() -> bool:
        table = platform.aws("dynamodb")
        page = table.query(
            TableName=platform.outputs["LiveTableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"SUB#{project.id}#project:{project.id}"}},
        )
        return not page["Items"]

    assert eventually(forgotten, seconds=120, what="the gone connection is forgotten")
