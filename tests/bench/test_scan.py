"""What the bench takes for the truth: cells that are open, and the products that each peer told of them."""

import json
import subprocess

import pytest

from tests.bench import scan
from tests.bench.scan import ALL, Case, Run, found_by_nmap, summary, within_patience

SSH, WEB, MAIL = ("10.0.0.1", 22), ("10.0.0.1", 80), ("10.0.0.2", 25)
TRUTH = {SSH, WEB, MAIL}
CASE = Case("a case", 2, "1-100")
XML = """<host><status state="up" reason="reset"/>
<address addr="10.0.0.1" addrtype="ipv4"/><address addr="02:00:00:00:00:01" addrtype="mac"/>
<ports><extraports state="closed" count="98"></extraports>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="ssh" product="OpenSSH" version="8.4p1" method="probed" conf="10"/></port>
<port protocol="tcp" portid="80"><state state="open" reason="syn-ack" reason_ttl="64"/><service name="http" method="table" conf="3"/></port>
<port protocol="tcp" portid="81"><state state="closed" reason="reset" reason_ttl="64"/><service name="hosts2-ns" product="nothing" method="table" conf="3"/></port>
</ports></host>
<host><address addr="10.0.0.2" addrtype="ipv4"/>
<ports><port protocol="tcp" portid="25"><state state="open" reason="syn-ack" reason_ttl="64"/></port>
<port protocol="tcp" portid="26"><state state="filtered" reason="no-response" reason_ttl="0"/><service name="rsftp" method="table" conf="3"/></port>
</ports></host>"""


def test_a_port_of_nmap_is_named_where_its_product_is_told() -> None:
    assert found_by_nmap(XML) == (TRUTH, {SSH})


def test_what_is_open_and_not_named_is_told_of_the_worst_of_ours() -> None:
    false = ("10.0.0.3", 1)
    runs = {
        "ours": [Run(1, TRUTH, TRUTH), Run(2, {SSH, WEB, false}, {SSH, false})],
        "nmap": [Run(8, TRUTH, {SSH, WEB, false}), Run(12, TRUTH, TRUTH)],
    }
    told = summary(CASE, TRUTH, runs)
    assert (told["missed"], told["false"], told["unnamed"]) == (1, 1, 2)
    assert (told["named_ours"], told["named_nmap"]) == (1, 2)
    assert (told["ours_s"], told["nmap_s"], told["ratio_nmap"]) == (1.5, 10, 6.67)
    assert told.keys().isdisjoint({"incomplete", "broken_off", "named_fixed"})


def test_a_peer_that_was_broken_off_has_named_nothing_that_counts() -> None:
    def late() -> Run:
        raise subprocess.TimeoutExpired("nmap", 30)

    told = summary(CASE, TRUTH, {"ours": [Run(1, TRUTH, TRUTH)], "nmap": [within_patience(late)]})
    assert (told["broken_off"], told["unnamed"]) == (["nmap"], 0)
    assert "named_nmap" not in told
    assert "incomplete" not in told, "that is said of ours alone"


@pytest.mark.parametrize(
    ("run", "code"),
    [
        (Run(1, TRUTH, TRUTH), 0),
        (Run(1, TRUTH, TRUTH, complete=False), 1),
        (Run(30, set(), ended=False, complete=False), 1),
    ],
    ids=["complete", "partial", "broken off"],
)
def test_the_bench_fails_after_its_line_where_a_worker_did_not_complete(
    run: Run, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scan, "unwind_when_told_to_end", lambda: None)
    monkeypatch.setattr(scan, "measured", lambda case: summary(case, TRUTH, {"ours": [run]}))
    monkeypatch.setattr(scan, "CASES", ("hosts", "network"))
    assert scan.main() == code
    cases = json.loads(capsys.readouterr().out)["cases"]
    assert [case["name"] for case in cases] == [ALL["hosts"].name, ALL["network"].name]
    assert [case.get("incomplete", 0) for case in cases] == [code, code]
