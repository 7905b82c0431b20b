"""The page about settings names every setting, and its sums are what the dated price list makes of them."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from infra.asset import PROJECT
from infra.images import KEPT
from infra.settings import Stage
from tests.infra.templates import Synthesised
from tests.infra.test_function import MODELS

PAGE = (PROJECT / "docs" / "settings.md").read_text(encoding="utf-8")
PRICES: dict[str, Any] = json.loads(Path(__file__).with_name("settings_prices.json").read_text(encoding="utf-8"))
HOURS = 730
SPANS = HOURS * 3600 // 300
"""Of five minutes, in a month."""
FED = 3
"""Queues that a rule sends to every minute or two: reviews, deliveries, sweeps."""
RESTLESS = 8
"""Pairs of role and table at rest: what those three functions and the three stream consumers read and write."""


def _queue(senders: int) -> int:
    return SPANS * (2 * senders + 1)


def test_every_setting_is_on_the_page() -> None:
    assert [each.name for each in fields(Stage) if f"`{each.name}`" not in PAGE] == []


def test_the_prices_say_when_and_where() -> None:
    assert f"List prices of {PRICES['region']} in USD as known on {PRICES['date']}" in PAGE


def test_what_a_key_costs(prod: Synthesised) -> None:
    inboxes = sum("RedrivePolicy" in each for each in prod.resources("AWS::SQS::Queue").values())
    tables = len(prod.resources("AWS::DynamoDB::Table"))
    pairs = (len(MODELS) + 1) * tables
    at_rest = FED * _queue(1) + (inboxes - FED) * _queue(0) + RESTLESS * SPANS
    busy = inboxes * _queue(2) + pairs * SPANS
    key, request = PRICES["kms_key_month"], PRICES["kms_request"]
    assert (
        f"queues {FED} x {_queue(1):,} + {inboxes - FED} x {_queue(0):,}, tables {RESTLESS} x {SPANS:,}: {at_rest:,}"
        in PAGE
    )
    assert f"queues {inboxes} x {_queue(2):,}, tables {pairs} x {SPANS:,}: {busy:,}" in PAGE
    assert f"| {at_rest * request:.2f} |" in PAGE
    assert f"| {busy * request:.2f} |" in PAGE
    assert f"**{key + at_rest * request:.2f} USD a month** at rest" in PAGE
    assert f"**about {key + busy * request:.2f} at most**" in PAGE
    assert f"0.00 to {2 * PRICES['kms_rotation_month']:.2f}" in PAGE


def test_what_endpoints_cost() -> None:
    zone = HOURS * PRICES["endpoint_zone_hour"]
    assert f"**{3 * 2 * zone:.2f} USD a month**: 3 interfaces x 2 zones x {HOURS} hours x" in PAGE
    assert f"interface: {2 * zone:.2f}." in PAGE
    assert f"{PRICES['endpoint_gb']:.2f} a GB of log lines" in PAGE


def test_what_images_cost() -> None:
    assert f"{PRICES['ecr_gb_month']:.2f} USD a GB-month" in PAGE
    assert f"the newest {KEPT} images are kept" in PAGE
