"""Which of nmap's scripts may be asked for, and with what."""

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from functions.core.errors import InvalidInput
from functions.core.scripts import (
    CATEGORIES,
    SCRIPTS,
    Category,
    ScriptChoice,
    arguments_text,
    chosen,
    follows_redirects,
    validate_scripts,
)

NMAPS_OWN = Path("/usr/share/nmap/scripts")
NEVER = {"auth", "broadcast", "brute", "dos", "exploit", "external", "fuzzer", "intrusive", "malware", "vuln"}
REACHES_ELSEWHERE = re.compile(
    r"""require\s*\(?"(?:target|httpspider|brute)"|\b(?:prerule|hostrule|pcap_open)\b|sock:sendto|new_dnet"""
)


def test_nothing_is_chosen_of_itself() -> None:
    assert not ScriptChoice().any
    assert chosen(ScriptChoice()) == ()


def test_a_category_is_its_scripts_of_the_list() -> None:
    default = chosen(ScriptChoice(categories=("default",)))

    assert "http-title" in default
    assert "banner" not in default
    assert all("default" in SCRIPTS[name].categories for name in default)
    assert get_args(Category) == CATEGORIES


def test_names_add_to_categories_once() -> None:
    both = chosen(ScriptChoice(categories=("version",), names=("http-title", "rpcinfo")))

    assert "http-title" in both
    assert both.count("rpcinfo") == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"names": ["ssl-poodle"]}, "names"),
        ({"names": ["../evil"]}, "names"),
        ({"names": ["default or vuln"]}, "names"),
        ({"names": ["http-title,smb-brute"]}, "names"),
        ({"arguments": {"http-title.url": "/"}}, "arguments"),
        ({"names": ["banner"], "arguments": {"http-title.url": "/"}}, "arguments"),
        ({"names": ["banner"], "arguments": {"newtargets": True}}, "arguments"),
        ({"names": ["banner"], "arguments": {"banner.timeout": "5"}}, "arguments"),
        ({"names": ["banner"], "arguments": {"banner.timeout": 31}}, "arguments"),
        ({"names": ["banner"], "arguments": {"banner.timeout": True}}, "arguments"),
        ({"names": ["http-title"], "arguments": {"http-title.url": "/a,newtargets"}}, "arguments"),
        ({"names": ["http-title"], "arguments": {"http-title.url": "/{a}"}}, "arguments"),
        ({"names": ["http-title"], "arguments": {"http-title.url": "/a\n"}}, "arguments"),
        ({"names": ["http-title"], "arguments": {"http-title.url": "http://elsewhere"}}, "arguments"),
        ({"names": ["smtp-commands"], "arguments": {"smtp-commands.domain": "a b"}}, "arguments"),
    ],
)
def test_what_is_not_in_the_list_is_refused_with_its_field(given: dict[str, Any], field: str) -> None:
    choice = ScriptChoice.model_validate(given)

    with pytest.raises(InvalidInput) as refused:
        validate_scripts(choice, field="scripts")

    assert refused.value.field == f"scripts.{field}"
    assert not set(chosen(choice)) - SCRIPTS.keys()
    assert arguments_text(choice) == ""


def test_arguments_are_written_as_nmap_reads_them() -> None:
    choice = ScriptChoice(
        names=("http-headers", "banner", "smtp-commands"),
        arguments={
            "http-headers.path": "/a/b-c.html",
            "http-headers.useget": True,
            "banner.timeout": 7,
            "smtp-commands.domain": "mail.example",
        },
    )
    validate_scripts(choice, field="scripts")

    assert arguments_text(choice) == (
        "banner.timeout=7,http-headers.path=/a/b-c.html,http-headers.useget=true,smtp-commands.domain=mail.example"
    )


def test_a_script_that_reads_pages_may_be_led_on() -> None:
    assert follows_redirects(ScriptChoice(names=("http-title",)))
    assert not follows_redirects(ScriptChoice(names=("ssh2-enum-algos",)))


@pytest.mark.skipif(not NMAPS_OWN.is_dir(), reason="nmap is not installed")
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_list_says_of_a_script_what_nmap_says(name: str) -> None:
    source = (NMAPS_OWN / f"{name}.nse").read_text(errors="replace")
    told = re.search(r"categories\s*=\s*\{(.*?)\}", source)
    assert told is not None
    categories = set(re.findall(r'"(.*?)"', told[1]))

    assert categories == SCRIPTS[name].categories
    assert not categories & NEVER
    assert not REACHES_ELSEWHERE.search(source)
    assert not re.search(r"http\.(?:get|head|post|pipeline_go|get_url)\b", source) or SCRIPTS[name].redirects
    for argument in SCRIPTS[name].arguments:
        assert argument.removeprefix(name) in source


def test_the_page_lists_what_may_be_asked_for() -> None:
    page = (Path(__file__).parents[2] / "docs" / "worker.md").read_text()
    for name, script in SCRIPTS.items():
        row = f"| `{name}` | {', '.join(each for each in CATEGORIES if each in script.categories)} |"
        assert row in page
        assert all(f"`{argument}` ({kind})" in page for argument, kind in script.arguments.items())
