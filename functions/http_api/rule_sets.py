"""What the routes of a project's rules and of a network's rules share: one scope's sets, asked and answered."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse

from functions.core.errors import InvalidInput
from functions.core.policy import Policy
from functions.core.rule import RuleSet, RuleSetDraft, RuleVersion
from functions.core.rule_csv import read_csv, write_csv
from functions.core.token import Principal
from functions.http_api.caller import expected_version
from functions.http_api.models import BackTestRequest, CsvImport, ListOf
from functions.http_api.paging import listed
from functions.usecases.back_test import Effect
from functions.usecases.rules import CurrentRules
from functions.wiring.http_api import HttpApi

Stage = Annotated[bool, Query(description="Keep it beside the rules that count: evaluated, nothing raised.")]
VersionNumber = Annotated[int, Path(ge=1, le=99_999_999)]
CsvVersion = Annotated[
    int, Query(alias="version", ge=0, le=99_999_999, description="The one that counts when left out.")
]
StagedVersion = Annotated[int, Query(alias="version", ge=0, le=99_999_999, description="The staged one when left out.")]
AS_CSV: dict[int, OpenAPIResponse] = {
    200: {"description": "The rules, a line each", "content": {"text/csv": {"schema": {"type": "string"}}}}
}


@dataclass(frozen=True)
class RuleSets:
    """`scope`: `project`, or a network's id."""

    services: HttpApi
    project: str
    scope: str

    def read(self) -> CurrentRules:
        return self.services.manage_rules.read(self.project, self.scope)

    def versions(self, *, limit: int, cursor: str) -> ListOf[RuleVersion]:
        self.read()
        return listed(self.services.rules.versions(self.project, self.scope, limit=limit, cursor=cursor))

    def version(self, number: int) -> RuleSet:
        return self.services.rules.get(self.project, self.scope, number)

    def replace(self, draft: RuleSetDraft, *, stage: bool, if_match: str, caller: Principal) -> CurrentRules:
        return self.services.manage_rules.replace(
            project=self.project,
            scope=self.scope,
            draft=draft,
            stage=stage,
            expected=expected_version(if_match),
            by=caller.id,
            now=self.services.now(),
        )

    def write_csv(self, number: int) -> Response[Any]:
        """The version that counts where `number` is 0."""
        found = self.version(number) if number else self.read().rules
        headers = {"Content-Disposition": 'attachment; filename="rules.csv"', "X-Content-Type-Options": "nosniff"}
        body = write_csv(found.rules if found else ())
        return Response(status_code=200, content_type="text/csv; charset=utf-8", body=body, headers=headers)

    def import_csv(self, given: CsvImport, *, stage: bool, if_match: str, caller: Principal) -> CurrentRules:
        rules = self.read().rules
        default = given.default or (rules.default if rules else "allow")
        draft = RuleSetDraft(rules=read_csv(given.csv), default=default, comment=given.comment)
        return self.replace(draft, stage=stage, if_match=if_match, caller=caller)

    def point(
        self, which: Literal["current", "staged"], number: int, *, if_match: str, caller: Principal
    ) -> CurrentRules:
        return self.services.manage_rules.point(
            project=self.project,
            scope=self.scope,
            which=which,
            to=number,
            expected=expected_version(if_match),
            by=caller.id,
            now=self.services.now(),
        )

    def staged_or(self, number: int) -> int:
        """Raises InvalidInput where no version is named and none is staged."""
        number = number or self.read().staged
        if not number:
            raise InvalidInput("version", "nothing is staged: name a version")
        return number

    def effect(self, network: str, number: int, *, cursor: str) -> Effect:
        before, after = self.tried(network, number)
        return self.services.back_test.effect(
            project=self.project, network=network, before=before, after=after, cursor=cursor, now=self.services.now()
        )

    def tried(self, network: str, number: int) -> tuple[Policy, Policy]:
        return self.services.manage_rules.tried(project=self.project, network=network, scope=self.scope, version=number)

    def tried_of(self, network: str, request: BackTestRequest) -> tuple[Policy, Policy]:
        if request.draft is None:
            return self.tried(network, self.staged_or(request.version or 0))
        if request.version is not None:
            raise InvalidInput("version", "give a version or a draft, not both")
        return self.services.manage_rules.drafted(
            project=self.project, network=network, scope=self.scope, draft=request.draft, now=self.services.now()
        )
