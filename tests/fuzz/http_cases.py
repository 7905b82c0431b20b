"""Cases for the HTTP API, made from its own description, and what is wrong about their answers."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import requests
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, openapi
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.case import Case
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi import checks

from tests.fuzz.doors import Door, credentialed
from tests.fuzz.tally import Tally
from tests.fuzz.words import Fitting

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Operation]
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
NO_CREDENTIALS = ("", "vdt_01KAJ00000000000000000ADM0_bm90IGEgc2VjcmV0")
REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
PUBLIC = frozenset({"/v1/health", "/v1/identity", "/v1/version"})
LAST = ("/exclusions", "/limits", "/rotate", "/revoke", "DELETE", "/halt")
"""What takes away what other routes are asked about comes after them."""


@dataclass
class HttpFuzz:
    """`tokens`: credentials that take turns, each of somebody who may do everything; `ids`: by the name of a path
    parameter or field, what is there to be named."""

    door: Door
    base_url: str
    tokens: Sequence[str]
    ids: Mapping[str, Sequence[str]]
    tally: Tally = field(default_factory=Tally)
    seed: int = 0
    _versions: dict[str, str] = field(default_factory=dict)
    """The last ETag of each path."""

    def run(self, description: Mapping[str, Any], *, fitting: int, unfitting: int) -> Tally:
        """So many cases of each kind for each operation, and some of them again without a credential."""
        schema = openapi.from_dict(dict(description))
        found = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
        for operation in sorted(found, key=_when):
            self._cases(operation, GenerationMode.POSITIVE, fitting)
            self._cases(operation, GenerationMode.NEGATIVE, unfitting)
        return self.tally

    def _cases(self, operation: Operation, mode: GenerationMode, number: int) -> None:
        random_ = random.Random(f"{self.seed} {operation.label} {mode}")
        fitting = Fitting(self.ids, random_)
        drawn: list[AnyCase] = []

        # Made first and sent afterwards: a slow answer is no affair of the generator's.
        @seed(random_.getrandbits(32))
        @settings(
            max_examples=number,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def draw(case: AnyCase) -> None:
            drawn.append(case)

        # An operation without parameters and body has nothing that could be unfitting.
        with suppress(Unsatisfiable):
            draw()
        for index, case in enumerate(drawn[:number]):
            if mode is GenerationMode.POSITIVE:
                self._fit(case, fitting)
            else:
                case.path_parameters = fitting.path(case.path_parameters or {}, share=1)
            self._send(case, self.tokens[index % len(self.tokens)])
            if index < len(NO_CREDENTIALS) and mode is GenerationMode.POSITIVE:
                self._send(case, NO_CREDENTIALS[index])

    def _fit(self, case: AnyCase, fitting: Fitting) -> None:
        label = case.operation.label
        case.path_parameters = fitting.path(case.path_parameters or {})
        case.query = fitting.query(label, case.query or {})
        if isinstance(case.body, dict | list):
            case.body = fitting.body(label, case.body)
        if any(each.name == "If-Match" for each in case.operation.headers) and case.headers is not None:
            path = case.formatted_path
            found = self._versions.get(path) or self._versions.get(path.rpartition("/")[0], '"1"')
            case.headers["If-Match"] = fitting.version(found)

    def _send(self, case: AnyCase, token: str) -> None:
        request = self._request(case, token)
        if request is None:
            return
        answer = self.door.send(request)
        label = case.operation.label
        told = f"{request.method} {request.path_url[:200]} {str(request.body or '')[:300]!r} -> {answer.status_code} {answer.text[:300]!r}"
        known = token in self.tokens
        if known:
            self.tally.count(label, answer.status_code)
        else:
            self.tally.without += 1
            if case.operation.path not in PUBLIC and answer.status_code not in REFUSED:
                self.tally.schema_violation(f"{label} answers without a credential: {told}")
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.tally.server_error(told)
        elif known:
            if version := answer.headers.get("ETag"):
                self._versions[case.formatted_path] = version
            for fault in _faults(case, answer):
                self.tally.schema_violation(f"{label}: {fault}: {told}")

    def _request(self, case: AnyCase, token: str) -> requests.PreparedRequest | None:
        """None where the case cannot be said in HTTP at all."""
        told = case.as_transport_kwargs(base_url=self.base_url)
        told["headers"] = credentialed(told.get("headers") or {}, token)
        for of_sending in ("timeout", "verify", "cert", "proxies", "allow_redirects", "stream"):
            told.pop(of_sending, None)
        try:
            return requests.Request(**told).prepare()
        except (UnicodeError, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return None


def _faults(case: AnyCase, answer: requests.Response) -> Iterator[str]:
    try:
        case.validate_response(Response.from_requests(answer, verify=True), checks=CHECKS)
    except FailureGroup as group:
        yield from (_line(each) for each in group.exceptions)
    except Failure as failure:
        yield _line(failure)


def _line(failure: BaseException) -> str:
    return " ".join(str(failure).split())[:400]


def _when(operation: Operation) -> tuple[int, str]:
    late = [rank for rank, word in enumerate(LAST, start=1) if word in f"{operation.method.upper()} {operation.path}"]
    return (max(late, default=0), operation.label)
