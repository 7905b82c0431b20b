"""A project's rules: what may, must not and must be open in all of its networks."""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.rule import PROJECT_SCOPE, RuleSet, RuleSetDraft, RuleVersion
from functions.http_api.caller import Caller, Cursor, IfMatch, Limit, PathId, Services
from functions.http_api.models import CsvImport, ListOf, PointerMove
from functions.http_api.paging import Walk
from functions.http_api.rule_sets import AS_CSV, CsvVersion, RuleSets, Stage, StagedVersion, VersionNumber
from functions.usecases.back_test import Effect
from functions.usecases.rules import CurrentRules

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/rules"
_TAGS = ["rules"]


@router.get(_ALL, tags=_TAGS, summary="Read the project's rules that count, and which version is staged")
def read_rules(project: PathId, services: Services) -> CurrentRules:
    return RuleSets(services, project, PROJECT_SCOPE).read()


@router.put(_ALL, tags=_TAGS, summary="Replace the project's rules by a new version, or stage one; all or nothing")
def replace_rules(
    *,
    project: PathId,
    body: RuleSetDraft,
    services: Services,
    caller: Caller,
    stage: Stage = False,
    if_match: IfMatch = "",
) -> CurrentRules:
    return RuleSets(services, project, PROJECT_SCOPE).replace(body, stage=stage, if_match=if_match, caller=caller)


@router.get(f"{_ALL}/csv", tags=_TAGS, summary="Write the project's rules as CSV", responses=AS_CSV)
def export_rules(project: PathId, services: Services, version: CsvVersion = 0) -> Response[Any]:
    return RuleSets(services, project, PROJECT_SCOPE).write_csv(version)


@router.put(f"{_ALL}/csv", tags=_TAGS, summary="Replace the project's rules by those of a CSV; all or nothing")
def import_rules(
    *,
    project: PathId,
    body: CsvImport,
    services: Services,
    caller: Caller,
    stage: Stage = False,
    if_match: IfMatch = "",
) -> CurrentRules:
    return RuleSets(services, project, PROJECT_SCOPE).import_csv(body, stage=stage, if_match=if_match, caller=caller)


@router.get(f"{_ALL}/versions", tags=_TAGS, summary="List the versions of the project's rules, newest first")
def list_rule_versions(
    project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = ""
) -> ListOf[RuleVersion]:
    return RuleSets(services, project, PROJECT_SCOPE).versions(limit=limit, cursor=cursor)


@router.get(f"{_ALL}/versions/<version>", tags=_TAGS, summary="Read one version of the project's rules")
def read_rule_version(project: PathId, version: VersionNumber, services: Services) -> RuleSet:
    return RuleSets(services, project, PROJECT_SCOPE).version(version)


@router.put(f"{_ALL}/current", tags=_TAGS, summary="Make a kept version of the project's rules count")
def point_rules(
    *, project: PathId, body: PointerMove, services: Services, caller: Caller, if_match: IfMatch = ""
) -> CurrentRules:
    return RuleSets(services, project, PROJECT_SCOPE).point("current", body.version, if_match=if_match, caller=caller)


@router.put(f"{_ALL}/staged", tags=_TAGS, summary="Stage a kept version of the project's rules, or none")
def stage_rules(
    *, project: PathId, body: PointerMove, services: Services, caller: Caller, if_match: IfMatch = ""
) -> CurrentRules:
    return RuleSets(services, project, PROJECT_SCOPE).point("staged", body.version, if_match=if_match, caller=caller)


@router.get(
    f"{_ALL}/effect", tags=_TAGS, summary="Count what a version would raise and resolve now; a page of exposures a call"
)
def try_rules(project: PathId, services: Services, version: StagedVersion = 0, cursor: Cursor = "") -> Effect:
    sets = RuleSets(services, project, PROJECT_SCOPE)
    number = sets.staged_or(version)
    walk = Walk(services.networks, project, cursor)
    network, inner = walk.position()
    if not network:
        return Effect()
    page = sets.effect(network, number, cursor=inner)
    return page.model_copy(update={"next_cursor": walk.following(network, page.next_cursor or "")})
