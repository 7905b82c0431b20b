"""What a cold start of each entry point imports, to the name: a set is exact where a time is noisy."""

import json
import subprocess
import sys
from dataclasses import dataclass

import pytest

from tests.platform_in_memory import ENVIRONMENT

MODELS = {"annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection"}
AWS = {"boto3", "botocore", "certifi", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
LOGGER = {"aws_lambda_powertools"}
HTTP_RESOLVER = {"aws_lambda_powertools.event_handler"}
COMMAND = {"annotated_doc", "click", "pygments", "rich", "shellingham", "typer"}
CLIENT = {"httpx", "idna", "websockets"}

STEP = {"functions.observability", "functions.settings", "functions.core", "functions.store"}
"""What all Lambda functions need of ours; only the rest is told below."""

PROBE = """
import importlib, json, sys, sysconfig

def refuse(event, _arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        raise RuntimeError(f"an import reached for the network: {event}")

sys.addaudithook(refuse)
before = set(sys.modules)  # what the environment itself loads at start, by .pth files
entry, root, named = sys.argv[1], sys.argv[2], sys.argv[3:]
module = importlib.import_module(entry)
if root:
    from functions.adapters import clients

    for name in ("dynamodb", "s3", "stepfunctions", "scheduler", "events", "sqs", "ec2"):
        setattr(clients, name, object)
    clients.connections = lambda _url: object()
    where, _, what = root.rpartition(".")
    getattr(importlib.import_module(where), what)()
site = sysconfig.get_path("purelib")
installed = {n.partition(".")[0] for n, m in sys.modules.items() if n not in before and (getattr(m, "__file__", "") or "").startswith(site)}
ours = {n for n in sys.modules if n.startswith("functions.") and n.count(".") == 1}
inner = {n for n in sys.modules if n.startswith(("functions.adapters.", "functions.usecases.", "functions.wiring."))}
parents = {n.rpartition(".")[0] for n in inner}
third = {n for n in installed if not n.startswith("__")} | {n for n in named if n in sys.modules}
print(json.dumps({"third": sorted(third), "ours": sorted((ours | inner) - parents)}))
"""
"""Imports an entry point and composes it, with nothing in the place of the clients; tells what that brought in."""

VARIABLES = {
    "VEDETTE_TABLE": "table",
    "VEDETTE_LIVE_TABLE": "live",
    "VEDETTE_BUCKET": "bucket",
    "VEDETTE_BUS": "bus",
    "VEDETTE_FINISH_QUEUE_URL": "https://queue.example",
    "VEDETTE_LEASE_S": "900",
    "VEDETTE_TASK_S": "1000",
    "VEDETTE_SETTLING_S": "5",
    "VEDETTE_LIMIT_S": "780",
    "VEDETTE_FRAMES_PER_MINUTE": "60",
    "VEDETTE_REQUESTS_PER_MINUTE": "600",
}


@dataclass(frozen=True)
class Budget:
    third: set[str]
    ours: set[str]
    composes: str = ""


def a_function(folder: str, root: str, *ours: str, third: set[str] = AWS | MODELS | LOGGER, wiring: str = "") -> Budget:
    """`ours` without the leading `functions.`; what is composed is `root` of the wiring of the folder."""
    of_wiring = f"functions.wiring.{wiring or folder}"
    names = {f"functions.{folder}", of_wiring, "functions.adapters.clients", *(f"functions.{name}" for name in ours)}
    return Budget(third=third, ours=STEP | names, composes=f"{of_wiring}.{root}")


BUDGETS = {
    "functions.http_api.app": a_function(
        "http_api",
        "http_api",
        "adapters.aws_inventory",
        "adapters.export_objects",
        "adapters.queue",
        "adapters.resolver",
        "adapters.results",
        "adapters.scan_objects",
        "adapters.scheduler",
        "adapters.seals",
        "adapters.spill",
        "adapters.txt_records",
        "adapters.workflow",
        "usecases.accept_baseline",
        "usecases.addresses_of",
        "usecases.ask_review",
        "usecases.authenticate",
        "usecases.authorities",
        "usecases.authorise",
        "usecases.back_test",
        "usecases.channels",
        "usecases.delete_scan",
        "usecases.derive_alerts",
        "usecases.diff_scans",
        "usecases.estimate_scan",
        "usecases.exclusions",
        "usecases.explain_cell",
        "usecases.export",
        "usecases.find_probes",
        "usecases.ground",
        "usecases.halt",
        "usecases.inventory",
        "usecases.members",
        "usecases.networks",
        "usecases.next_run",
        "usecases.projects",
        "usecases.redrive_scan",
        "usecases.resume_scan",
        "usecases.review_hosts",
        "usecases.review_network",
        "usecases.prove_authority",
        "usecases.rules",
        "usecases.scan_document",
        "usecases.scan_evidence",
        "usecases.scan_ports",
        "usecases.settle_alerts",
        "usecases.settle_hosts",
        "usecases.side_by_side",
        "usecases.start_scan",
        "usecases.stop_scan",
        "usecases.stop_leaning",
        "usecases.tickets",
        "usecases.tokens",
        "usecases.triage",
        "usecases.trouble",
        "usecases.bounds",
        "wiring.bounds",
        "wiring.clock",
        "wiring.machine",
        "wiring.means",
        "wiring.reviewing",
        third=AWS | MODELS | LOGGER | HTTP_RESOLVER,
    ),
    "functions.http_api.authorizer": a_function(
        "http_api",
        "authorizer",
        "adapters.issuer_documents",
        "adapters.oidc",
        "usecases.authenticate",
        "usecases.meter",
        "wiring.clock",
        wiring="authorizer",
    ),
    "functions.websocket.app": a_function(
        "websocket",
        "websocket",
        "adapters.connections",
        "usecases.authenticate",
        "usecases.authorise",
        "usecases.tickets",
        "wiring.clock",
    ),
    "functions.websocket.authorizer": a_function(
        "websocket", "ticket_door", "usecases.authenticate", "usecases.tickets", "wiring.clock", wiring="tickets"
    ),
    "functions.scan_workflow.plan": a_function(
        "scan_workflow",
        "plan_scan",
        "adapters.resolver",
        "adapters.results",
        "usecases.plan_scan",
        "adapters.aws_inventory",
        "adapters.txt_records",
        "usecases.addresses_of",
        "usecases.bounds",
        "usecases.lean_proved",
        "usecases.prove_authority",
        "wiring.bounds",
        "wiring.clock",
        "wiring.machine",
        "wiring.means",
    ),
    "functions.scan_workflow.admit": a_function(
        "scan_workflow",
        "admit_chunk",
        "adapters.aws_inventory",
        "adapters.txt_records",
        "usecases.admit_chunk",
        "usecases.authority_still_holds",
        "usecases.prove_authority",
        "wiring.clock",
        "wiring.machine",
    ),
    "functions.scan_workflow.judge": a_function(
        "scan_workflow",
        "judge_attempt",
        "usecases.count_task",
        "usecases.judge_attempt",
        "wiring.clock",
        "wiring.machine",
    ),
    "functions.scan_workflow.ingest": a_function(
        "scan_workflow",
        "ingest_chunk",
        "adapters.disk_shelf",
        "adapters.results",
        "usecases.ingest_chunk",
        "usecases.ingest_hosts",
        "usecases.side_by_side",
        "usecases.bounds",
        "wiring.bounds",
        "wiring.clock",
    ),
    "functions.scan_workflow.record_failure": a_function(
        "scan_workflow", "record_failure", "usecases.record_failure", "wiring.clock"
    ),
    "functions.scan_workflow.finish": a_function(
        "scan_workflow",
        "finish_scan",
        "adapters.disk_shelf",
        "adapters.results",
        "usecases.consume_queue",
        "usecases.count_task",
        "usecases.finish_scan",
        "usecases.ingest_chunk",
        "usecases.ingest_hosts",
        "usecases.side_by_side",
        "usecases.bounds",
        "wiring.bounds",
        "wiring.clock",
        "wiring.machine",
    ),
    "functions.scheduling.tick": a_function(
        "scheduling",
        "run_tick",
        "adapters.workflow",
        "usecases.consume_queue",
        "usecases.run_tick",
        "usecases.start_scan",
        "usecases.bounds",
        "wiring.bounds",
        "wiring.clock",
    ),
    "functions.auditing.source": a_function(
        "auditing",
        "record_source",
        "adapters.interfaces",
        "usecases.consume_queue",
        "usecases.record_source",
    ),
    "functions.auditing.seal": a_function(
        "auditing",
        "seal_audit",
        "adapters.results",
        "adapters.seals",
        "usecases.consume_queue",
        "usecases.seal_audit",
        "wiring.clock",
    ),
    "functions.scheduling.sweep": a_function(
        "scheduling",
        "sweep",
        "adapters.queue",
        "adapters.workflow",
        "usecases.consume_queue",
        "usecases.next_run",
        "usecases.resume_scan",
        "usecases.stop_scan",
        "usecases.sweep",
        "usecases.bounds",
        "wiring.bounds",
        "wiring.clock",
    ),
    "functions.alerting.evaluate": a_function(
        "alerting",
        "evaluate",
        "adapters.failed_records",
        "adapters.queue",
        "usecases.ask_review",
        "usecases.consume_stream",
        "usecases.count_changes",
        "usecases.derive_alerts",
        "usecases.evaluate",
        "usecases.ground",
        "usecases.record_history",
        "usecases.settle_alerts",
        "usecases.settle_hosts",
        "wiring.clock",
    ),
    "functions.alerting.review": a_function(
        "alerting",
        "review_network",
        "adapters.failed_records",
        "adapters.queue",
        "usecases.ask_review",
        "usecases.consume_queue",
        "usecases.consume_stream",
        "usecases.derive_alerts",
        "usecases.ground",
        "usecases.review_hosts",
        "usecases.review_network",
        "usecases.settle_alerts",
        "usecases.settle_hosts",
        "usecases.trouble",
        "wiring.clock",
        "wiring.reviewing",
        wiring="review",
    ),
    "functions.alerting.publish": a_function(
        "alerting",
        "publish",
        "adapters.bus",
        "adapters.failed_records",
        "usecases.announce",
        "usecases.consume_stream",
        "usecases.count_changes",
    ),
    "functions.alerting.broadcast": a_function(
        "alerting",
        "broadcast",
        "adapters.connections",
        "adapters.failed_records",
        "usecases.broadcast",
        "usecases.consume_stream",
    ),
    "functions.exporting.export": a_function(
        "exporting",
        "write_export",
        "adapters.export_objects",
        "adapters.queue",
        "adapters.results",
        "adapters.spill",
        "usecases.consume_queue",
        "usecases.export",
        "usecases.scan_document",
        "wiring.clock",
    ),
    "functions.delivery.deliver": a_function(
        "delivery",
        "deliver",
        "adapters.resolver",
        "adapters.sns",
        "adapters.webhook",
        "usecases.consume_queue",
        "usecases.deliver",
        "usecases.send_entries",
        "usecases.send_message",
        "wiring.clock",
    ),
    "scanner_image.__main__": Budget(
        third=AWS | MODELS | {"defusedxml"},
        ours={"functions.settings", "functions.core", "functions.store", "functions.adapters.results"},
    ),
    "cli.main": Budget(third=COMMAND | CLIENT | MODELS, ours={"functions.core"}),
}


@pytest.mark.parametrize("entry", BUDGETS)
def test_an_entry_point_imports_what_it_needs_and_nothing_else(entry: str) -> None:
    budget = BUDGETS[entry]
    told = subprocess.run(
        [sys.executable, "-c", PROBE, entry, budget.composes, *HTTP_RESOLVER],
        env={**ENVIRONMENT, **VARIABLES},
        check=True,
        capture_output=True,
        text=True,
    )
    imported = json.loads(told.stdout)
    assert set(imported["third"]) == budget.third
    assert set(imported["ours"]) == budget.ours
