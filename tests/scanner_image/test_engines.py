"""A worker asks by the engines that the API tells of: each profile, each kind of target."""

import shutil
from ipaddress import ip_address

import pytest

from functions.core import engine as table
from functions.core.addresses import Version
from functions.core.coverage import Answer
from functions.core.engine import KINDS, Engine, Link, Target, discovers, identifies, is_sampled
from functions.core.intervals import IntervalSet
from functions.core.messages import ChunkSpec, Command
from functions.core.profile import CONFIRM, PROFILES, Discovery, Profile
from scanner_image import connect, discovery
from scanner_image.path import Path
from tests.scanner_image.conftest import Stage
from tests.scanner_image.fake_tools import ACCOUNT, DONE, FakeTools, discovered, nmap_host
from tests.scanner_image.fakes import chunk_spec

ADDRESSES: dict[Version, str] = {4: "10.9.1.2", 6: "fd00::2"}
NMAP = PROFILES["standard"].model_copy(update={"name": "nmap", "discovery": Discovery.NMAP})
PROFILE_OF = {profile.name: profile for profile in (*PROFILES.values(), CONFIRM, NMAP)}


def path_of(target: Target) -> Path:
    mac = "02:00:00:00:00:01" if target.version == 6 else ""
    match target.link:
        case Link.GATEWAY:
            return Path(target.version, "eth0", "10.9.0.1", "10.9.0.2", mac, ethernet=True)
        case Link.ODD_GATEWAY:
            return Path(target.version, "tun0", "10.9.0.1", "10.9.0.2")
        case Link.ON_LINK:
            return Path(target.version, "eth0", source="10.9.0.2", ethernet=True)
        case Link.LOOPBACK:
            return Path(target.version, "lo")
        case Link.NOWHERE:
            return Path(target.version, "")


def spec_of(profile: Profile, target: Target) -> ChunkSpec:
    spec = chunk_spec(ADDRESSES[target.version], ports="80-95", protocol=target.protocol)
    return spec.model_copy(update={"profile": profile})


def engine_of(command: Command) -> str:
    """As the table names it, by what was really run."""
    if "masscan" in command.argv[0].rpartition("/")[2]:
        return Engine.MASSCAN
    flags = [flag for flag in command.argv if flag in ("-sS", "-sT", "-sU", "-sV")]
    return " ".join(("nmap", *flags))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PROFILE_OF)
def test_a_worker_asks_by_the_engines_of_the_table(
    name: str, kind: str, stage: Stage, fake_tools: FakeTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, (_, target) = PROFILE_OF[name], KINDS[kind]
    discovering, identifying = discovers(profile, target).engine, identifies(profile, target).engine
    address, connected = ADDRESSES[target.version], []

    async def paths(_targets: dict[Version, IntervalSet]) -> dict[Path, IntervalSet]:
        number = int(ip_address(address))
        return {path_of(target): IntervalSet.from_ranges([(number, number)])}

    async def ask(_address: object, port: int, *, patience_s: float) -> Answer:
        connected.append((port, patience_s))
        return Answer.OPEN

    monkeypatch.setattr(discovery, "paths", paths)
    monkeypatch.setattr(connect, "ask", ask)
    if is_sampled(target.cells):
        monkeypatch.setattr(table, "FEWEST_SAMPLED", 16)
    fake_tools.install(
        nmap=fake_tools.whole_nmap(nmap_host(address, open_ports="80")),
        masscan=f"{ACCOUNT}; {discovered(address, 80)}; {DONE}",
        raw=target.raw,
    )
    if not target.masscan:
        which = shutil.which
        monkeypatch.setattr(shutil, "which", lambda tool: None if "masscan" in tool else which(tool))

    document = stage.run(spec_of(profile, target))

    ran = [engine_of(command) for command in document.trailer.commands]
    looked = {each for each in ran if "-sV" not in each}
    assert looked == {discovering} - {Engine.NONE, Engine.CONNECT}
    assert {each for each in ran if "-sV" in each} == {identifying} - {Engine.NONE}
    assert bool(connected) == (discovering == Engine.CONNECT)
    assert bool(document.open) == (discovering != Engine.NONE)
    assert stage.ledger.saved is not None
    sampled = discovering == Engine.MASSCAN and is_sampled(target.cells)
    assert bool(stage.ledger.saved.sampled) == sampled
    if discovering == Engine.NONE:
        assert document.trailer.reason or {line.reason for line in document.coverage} == {
            discovers(profile, target).why
        }
