"""One full example of every message, every field set: what the golden files are made from, and compared with."""

from functions.core.coverage import Answer, Method
from functions.core.facts import Certificate, HostKey
from functions.core.ids import derived_id
from functions.core.messages import (
    AddressRange,
    ChunkSpec,
    Command,
    CoverageLine,
    Event,
    HostLine,
    KnownExposure,
    ObservationLine,
    PinnedHost,
    Progress,
    ResultHeader,
    ResultTrailer,
)
from functions.core.model import Model, Protocol
from functions.core.profile import Discovery, Profile
from functions.core.scripts import ScriptChoice
from functions.core.service import Service
from tests.core.specs import AT, NETWORK, PROJECT, SCAN

RANGE = AddressRange(first="10.0.0.1", last="10.0.0.9")
HOST = PinnedHost(name="a.example", addresses=("10.0.1.1", "fd00::1"))
KNOWN = KnownExposure(asset="10.0.0.2", protocol=Protocol.TCP, port=443)
COMMAND = Command(argv=("masscan", "-iL", "targets", "--rate", "100"), exit_code=0, seconds=12.5, complete=True)
SERVICE = Service(
    name="http",
    product="nginx",
    version="1.22.1",
    extra="<script>",
    tunnel="ssl",
    cpe=("cpe:/a:igor_sysoev:nginx:1.22.1",),
    confidence=10,
    tls=Certificate(
        subject="a.example",
        names=("a.example", "10.0.0.1"),
        issuer="R3",
        issuer_organisation="Example",
        not_before=AT,
        not_after=AT,
        sha256="ab" * 32,
        key_type="rsa",
        key_bits=2048,
    ),
    ssh=(HostKey(type="ssh-ed25519", bits=256, sha256="c" * 43),),
)
EXAMPLES: tuple[Model, ...] = (
    RANGE,
    HOST,
    KNOWN,
    COMMAND,
    ChunkSpec(
        project=PROJECT,
        network=NETWORK,
        scan=SCAN,
        chunk="00042",
        addresses=(RANGE,),
        hosts=(HOST,),
        protocol=Protocol.TCP,
        ports="22,80,8000-8010",
        exclusions=(AddressRange(first="10.0.0.10", last="10.0.0.10"),),
        profile=Profile(
            name="thorough",
            discovery=Discovery.NMAP,
            service_detection=False,
            version_intensity=9,
            host_timeout_s=1800,
            retries=3,
            scripts=ScriptChoice(
                categories=("default",), names=("http-headers",), arguments={"http-headers.path": "/"}
            ),
        ),
        rate=125,
        deadline_s=900,
        lease_s=960,
        known=(KNOWN,),
        not_after=AT,
    ),
    ResultHeader(
        project=PROJECT,
        scan=SCAN,
        chunk="00042",
        attempt=2,
        started=AT,
        mode="raw",
        tools={"masscan": "1.3.2", "nmap": "7.93"},
    ),
    HostLine(
        asset="a.example",
        address="10.0.1.1",
        up=True,
        reason="syn-ack",
        names=("a.example",),
        mac="02:00:00:00:00:01",
        vendor="Example",
        certificate_names=("www.a.example",),
        os="Linux 5.0 - 5.4",
        at=AT,
    ),
    ObservationLine(
        asset="10.0.0.2",
        address="10.0.0.2",
        protocol=Protocol.TCP,
        port=443,
        state="open",
        how=Method.SYN,
        service=SERVICE,
        scripts={"http-title": "Welcome \u00e9 \u001b[31m"},
        at=AT,
    ),
    CoverageLine(
        addresses=(RANGE,),
        hosts=("a.example",),
        protocol=Protocol.UDP,
        ports="53,123",
        answer=Answer.NOT_COVERED,
        how=Method.NONE,
        at=AT,
        reason="masscan was killed after 30 s without progress",
    ),
    ResultTrailer(
        ended=AT,
        outcome="partial",
        reason="masscan was killed",
        hosts=1,
        observations=1,
        coverage=1,
        commands=(COMMAND,),
        digest="0" * 64,
    ),
    Progress(phase="services", fraction=0.25, open_ports=3, probes=1024, bytes_sent=61_440),
    Event(
        id=derived_id(AT, "event"),
        project=PROJECT,
        topic=f"scan:{SCAN}",
        type="chunk.done",
        time=AT,
        data={"chunk": "00042", "attempt": 2, "outcome": "partial", "open_ports": 1},
    ),
)
