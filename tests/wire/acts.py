"""What is done while everything listens: each profile, a second look, UDP, names, and scans whose leave ends on the way."""

import re
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

from cli.errors import ApiError
from functions.core.profile import PROFILES
from tests.e2e.platform import ENDED, Json, Platform, Project, eventually
from tests.lab.lab import Lab
from tests.wire import world
from tests.wire.ground import Leave
from tests.wire.names import Names
from tests.wire.packets import Address
from tests.wire.tally import Act

REACTION_S = 15
"""Within which a worker has stopped: `make reactions` measures what it takes."""
_AFTERWARDS_S = 10
"""Longer is listened to than a scan may go on."""
_PORTS = "1-300,443,3306,6379,8000,8080,8443,31337"
_SLOW = {"ports": "1-3000", "rate": 800, "profile": "discovery"}
_SOLD_DARK, _FRAIL_DARK = "10.77.0.128/27", "10.77.0.160/27"
"""Where nobody is, so that a scan takes long enough to lose its leave."""
_UNTIL = "2028-01-01T00:00:00Z"
_DOMAIN = "wire.test"


class NotShown(Exception):
    """A scan did not do what its act is about."""


@dataclass
class Wire:
    platform: Platform
    lab: Lab
    names: Names
    tell: Callable[[str], object]
    acts: list[Act] = field(default_factory=list)
    not_shown: list[str] = field(default_factory=list)
    """Acts that came to something else than they are about; what was heard of them counts all the same."""
    leaves: list[Leave] = field(default_factory=list)
    project: Project = field(init=False)

    def prepare(self) -> None:
        """What may be scanned by most acts, and what nobody may; asks for more than that in vain."""
        self.leaves.append(Leave(world.addresses(self.lab, *world.ALLOWED)))
        body = {"targets": world.of(self.lab, world.FORBIDDEN), "reason": "for the wire"}
        self.platform.client.post("exclusions", body=body)
        ranges = world.of(self.lab, *world.ALLOWED, world.EXCLUDED, world.FORBIDDEN)
        self.project = self._project("profiles", ranges=ranges)
        self._beyond(self.project)

    def play(self, only: str = "") -> None:
        """`only`: a pattern that the names of acts hold; every act without it."""
        for name, act in self.script.items():
            if re.search(only, name):
                with self._act(name):
                    act()

    @property
    def script(self) -> Mapping[str, Callable[[], None]]:
        profiles = {name: partial(self._scan, ports=_PORTS, profile=name) for name in sorted(PROFILES)}
        return {
            **profiles,
            "confirm": self._second_look,
            "udp": partial(self._scan, ports="53,123,161", protocols=["udp"], profile="standard"),
            "names": self._by_name,
            "revoked": self._is_revoked,
            "excluded on the way": self._is_excluded,
        }

    @contextmanager
    def _act(self, name: str) -> Iterator[None]:
        began = time.time()
        try:
            yield
        except (NotShown, AssertionError) as error:
            self.not_shown.append(f"{name}: {error}")
            self.tell(self.not_shown[-1])
        self.acts.append(Act(name, began, time.time()))
        self.tell(f"{name}: {time.time() - began:.0f} s")

    def _project(self, name: str, *, ranges: Sequence[str] = (), domains: Sequence[str] = ()) -> Project:
        made = self.platform.client.post("projects", body={"name": name}, key=str(uuid.uuid4()))
        project = Project(platform=self.platform, id=made["id"])
        if ranges or domains:
            self._attest(project, ranges=ranges, domains=domains)
        return project

    def _attest(self, project: Project, *, ranges: Sequence[str], domains: Sequence[str] = ()) -> Json:
        said = {"kind": "attestation", "authorized_by": "the lab", "statement": "it is ours", "until": _UNTIL}
        return project.post("authorities", body={**said, "ranges": ranges, "domains": domains}, key=str(uuid.uuid4()))

    def _beyond(self, project: Project) -> None:
        """Nothing that no authority holds is scanned, whole or in part."""
        asked = [str(self.lab.network)], world.of(self.lab, "web", "mail"), [f"web.{_DOMAIN}"]
        for targets in asked:
            self._refused(project, targets)

    def _refused(self, project: Project, targets: Sequence[str]) -> None:
        try:
            project.start(project.network(targets=targets, ports="80", profile="connect"))
        except ApiError as refusal:
            if refusal.slug == "out-of-scope":
                return
            raise
        raise NotShown(f"a scan of {targets} was not refused")

    def _network(self, **settings: object) -> Json:
        targets = world.of(self.lab, *world.ALLOWED, world.EXCLUDED, world.FORBIDDEN)
        return self.project.network(targets=targets, exclusions=world.of(self.lab, world.EXCLUDED), **settings)

    def _scan(self, **settings: object) -> None:
        self._completed(self.project.scan(self._network(**settings), seconds=180))

    def _completed(self, scan: Json) -> None:
        if scan["status"] != "completed":
            raise NotShown(f"a scan is {scan['status']}: {scan['reason'] or scan['stop_why']}")

    def _second_look(self) -> None:
        """A port that is new is connected to once more, by a scan of its own."""
        project = self.project
        web = self.lab.host("web")
        web.stop("admin")
        network = self._network(ports="80,31337", profile="discovery")
        self._completed(project.scan(network))
        web.start("admin")
        self._completed(project.scan(network))

        def confirmed() -> bool:
            made = project.items("scans", kind="confirm")
            return bool(made) and all(each["status"] in ENDED for each in made)

        eventually(confirmed, seconds=90, what="the new port was looked at again")

    def _by_name(self) -> None:
        """Names are pinned when a scan is planned, and mean nothing where they lead into what is denied or excluded."""
        lab = self.lab
        self.leaves.append(Leave(world.addresses(lab, world.NAMED), since=time.time()))
        meanings: Mapping[str, Sequence[str]] = {
            f"good.{_DOMAIN}": world.of(lab, world.NAMED),
            f"half.{_DOMAIN}": world.of(lab, "web", world.EXCLUDED),
            f"excluded.{_DOMAIN}": world.of(lab, world.EXCLUDED),
            f"forbidden.{_DOMAIN}": world.of(lab, world.FORBIDDEN),
            f"metadata.{_DOMAIN}": ["169.254.169.254"],
            f"mapped.{_DOMAIN}": ["::ffff:169.254.169.254"],
            f"many.{_DOMAIN}": ["224.0.0.251", "ff02::fb"],
        }
        self.names.say(meanings)
        project = self._project("names", domains=[_DOMAIN])
        excluded = world.of(lab, world.EXCLUDED)
        settings = {"exclusions": excluded, "ports": "1-1000", "rate": 200, "profile": "standard"}
        scan = project.start(project.network(targets=[*meanings], **settings))
        self._at_work(project, scan)
        self.names.say(dict.fromkeys(meanings, world.of(lab, world.REBOUND)))
        ended = project.ended(scan, seconds=180)
        found = {asset for asset, _, port in project.open() if port == 80}
        if found != {f"good.{_DOMAIN}", f"half.{_DOMAIN}"}:
            raise NotShown(f"the scan of names is {ended['status']} and found {found}")
        if "excluded" not in ended["reason"]:
            raise NotShown(f"nothing is said of the names that were left out: {ended['reason']}")

    def _is_revoked(self) -> None:
        project = self._project("sold")
        authority = self._attest(project, ranges=[*world.of(self.lab, world.SOLD), _SOLD_DARK])

        def revoke() -> None:
            project.post("authorities", authority["id"], "revoke", body={"why": "it was sold"})

        targets = [*world.of(self.lab, world.SOLD), _SOLD_DARK]
        self._loses_leave(project, targets, world.addresses(self.lab, world.SOLD) | world.inside(_SOLD_DARK), revoke)
        self._refused(project, targets)

    def _is_excluded(self) -> None:
        lab = self.lab
        project = self._project("frail", ranges=[*world.of(lab, world.FRAIL), _FRAIL_DARK])

        def exclude() -> None:
            body = {"targets": [*world.of(lab, world.FRAIL), _FRAIL_DARK], "reason": "it is frail"}
            self.platform.client.post("exclusions", body=body)

        targets = [*world.of(lab, world.FRAIL), _FRAIL_DARK]
        self._loses_leave(project, targets, world.addresses(lab, world.FRAIL) | world.inside(_FRAIL_DARK), exclude)

    def _loses_leave(
        self, project: Project, targets: Sequence[str], where: frozenset[Address], lose: Callable[[], None]
    ) -> None:
        """A scan that is under way, and may send nothing more from soon after `lose` on."""
        since = time.time()
        scan = project.start(project.network(targets=targets, **_SLOW))
        self._at_work(project, scan)
        lose()
        until = time.time() + REACTION_S
        self.leaves.append(Leave(where, since, until))
        ended = project.ended(scan, seconds=120)
        if ended["status"] == "completed":
            raise NotShown("the scan was over before its leave was")
        time.sleep(max(until + _AFTERWARDS_S - time.time(), 0))

    def _at_work(self, project: Project, scan: Json) -> None:
        """Its first chunk, which has the lowest addresses and with them the hosts, has sent something: the others may be in the dark."""

        def sends() -> bool:
            found = project.get("scans", scan["id"])
            if found["status"] not in {"planned", "running"}:
                raise NotShown(f"a scan is {found['status']}: {found['reason'] or found['stop_why']}")
            chunks = project.items("scans", scan["id"], "chunks")
            return any(chunk["chunk"] == "00000" and (chunk["progress"] or {}).get("probes", 0) > 0 for chunk in chunks)

        eventually(sends, seconds=120, what="the scan sends")
