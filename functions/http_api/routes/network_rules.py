"""A network's rules, beside those of its project; and what either says of its cells."""

from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.model import Protocol
from functions.core.rule import PROJECT_SCOPE, RuleSet, RuleSetDraft, RuleVersion
from functions.http_api.caller import Asset, Caller, Cursor, IfMatch, Limit, PathId, Port, ProtocolName, Services
from functions.http_api.models import BackTestRequest, CsvImport, ListOf, PointerMove
from functions.http_api.rule_sets import AS_CSV, CsvVersion, RuleSets, Stage, StagedVersion, VersionNumber
from functions.usecases.back_test import BackTestReport, Effect
from functions.usecases.explain_cell import cell_of
from functions.usecases.rules import Answered, CurrentRules, Question

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/networks/<network>/rules"
_TAGS = ["rules"]


@router.get(_ALL, tags=_TAGS, summary="Read the network's rules that count, and which version is staged")
def read_network_rules(project: PathId, network: PathId, services: Services) -> CurrentRules:
    return RuleSets(services, project, network).read()


@router.put(_ALL, tags=_TAGS, summary="Replace the network's rules by a new version, or stage one; all or nothing")
def replace_network_rules(
    *,
    project: PathId,
    network: PathId,
    body: RuleSetDraft,
    services: Services,
    caller: Caller,
    stage: Stage = False,
    if_match: IfMatch = "",
) -> CurrentRules:
    return RuleSets(services, project, network).replace(body, stage=stage, if_match=if_match, caller=caller)


@router.get(f"{_ALL}/csv", tags=_TAGS, summary="Write the network's rules as CSV", responses=AS_CSV)
def export_network_rules(
    project: PathId, network: PathId, services: Services, version: CsvVersion = 0
) -> Response[Any]:
    return RuleSets(services, project, network).write_csv(version)


@router.put(f"{_ALL}/csv", tags=_TAGS, summary="Replace the network's rules by those of a CSV; all or nothing")
def import_network_rules(
    *,
    project: PathId,
    network: PathId,
    body: CsvImport,
    services: Services,
    caller: Caller,
    stage: Stage = False,
    if_match: IfMatch = "",
) -> CurrentRules:
    return RuleSets(services, project, network).import_csv(body, stage=stage, if_match=if_match, caller=caller)


@router.get(f"{_ALL}/versions", tags=_TAGS, summary="List the versions of the network's rules, newest first")
def list_network_rule_versions(
    project: PathId, network: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[RuleVersion]:
    return RuleSets(services, project, network).versions(limit=limit, cursor=cursor)


@router.get(f"{_ALL}/versions/<version>", tags=_TAGS, summary="Read one version of the network's rules")
def read_network_rule_version(project: PathId, network: PathId, version: VersionNumber, services: Services) -> RuleSet:
    return RuleSets(services, project, network).version(version)


@router.put(f"{_ALL}/current", tags=_TAGS, summary="Make a kept version of the network's rules count")
def point_network_rules(
    *, project: PathId, network: PathId, body: PointerMove, services: Services, caller: Caller, if_match: IfMatch = ""
) -> CurrentRules:
    return RuleSets(services, project, network).point("current", body.version, if_match=if_match, caller=caller)


@router.put(f"{_ALL}/staged", tags=_TAGS, summary="Stage a kept version of the network's rules, or none")
def stage_network_rules(
    *, project: PathId, network: PathId, body: PointerMove, services: Services, caller: Caller, if_match: IfMatch = ""
) -> CurrentRules:
    return RuleSets(services, project, network).point("staged", body.version, if_match=if_match, caller=caller)


@router.get(f"{_ALL}/effect", tags=_TAGS, summary="Count what a version would raise and resolve now in the network")
def try_network_rules(
    project: PathId, network: PathId, services: Services, version: StagedVersion = 0, cursor: Cursor = ""
) -> Effect:
    sets = RuleSets(services, project, network)
    return sets.effect(network, sets.staged_or(version), cursor=cursor)


@router.get(f"{_ALL}/decide", tags=_TAGS, summary="Say which rule decides for a cell, and why")
def decide_cell(
    *,
    project: PathId,
    network: PathId,
    asset: Asset,
    port: Port,
    services: Services,
    protocol: ProtocolName = Protocol.TCP,
    service: Annotated[str, Query(max_length=128, description="As seen, where left out.")] = "",
    tag: Annotated[str, Query(max_length=64, description="A tag beside those that host and network have.")] = "",
) -> Answered:
    cell = cell_of(asset, protocol, port)
    question = Question(**dict(cell), service=service, tags=(tag,) if tag else ())
    return services.manage_rules.ask(project=project, network=network, question=question, now=services.now())


@router.post(
    f"{_ALL}/back-test", tags=_TAGS, summary="Try rules on the network's last scans: which alerts would differ"
)
def back_test(project: PathId, network: PathId, body: BackTestRequest, services: Services) -> BackTestReport:
    scope = PROJECT_SCOPE if body.scope == "project" else network
    before, after = RuleSets(services, project, scope).tried_of(network, body)
    return services.back_test.replay(
        project=project, network=network, before=before, after=after, scans=body.scans, now=services.now()
    )
