"""nmap's own probes, with less patience for a greeting and nothing else changed."""

from pathlib import Path

import pytest

from scanner_image.service_probes import quick_probes

PROBES = "# about\nProbe TCP NULL q||\n# Wait\ntotalwaitms 6000\ntcpwrappedms 3000\nmatch x m|^\xff|\nProbe TCP GetRequest q|GET|\ntotalwaitms 5000\n"


@pytest.fixture
def nmap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An nmap with its data beside it; gives where its service probes go."""
    program, data = tmp_path / "bin" / "nmap", tmp_path / "share" / "nmap"
    program.parent.mkdir()
    data.mkdir(parents=True)
    program.write_text("")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    return data / "nmap-service-probes"


def test_only_the_wait_for_a_greeting_is_shorter(nmap: Path, tmp_path: Path) -> None:
    nmap.write_bytes(PROBES.encode("latin-1"))
    quick = quick_probes(tmp_path)
    assert quick is not None
    assert quick.read_bytes() == PROBES.replace("6000", "1500").encode("latin-1")


@pytest.mark.parametrize("text", ["", PROBES.replace("TCP NULL", "TCP Null"), PROBES * 2])
def test_probes_that_are_not_as_expected_are_left_to_nmap(nmap: Path, tmp_path: Path, text: str) -> None:
    nmap.write_bytes(text.encode("latin-1"))
    assert quick_probes(tmp_path) is None


def test_an_nmap_without_its_data_has_only_its_own_patience(nmap: Path, tmp_path: Path) -> None:
    assert not nmap.exists()
    assert quick_probes(tmp_path) is None
