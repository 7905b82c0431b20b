"""Authorities: what a project may scan, on whose word and evidence, until when."""

from aws_lambda_powertools.event_handler.router import APIGatewayHttpRouter

from functions.core.authority import Authority, AuthorityDraft, status_at
from functions.http_api.authority_models import Offer, Revocation
from functions.http_api.caller import Caller, Cause, Cursor, Limit, PathId, Services
from functions.http_api.models import ListOf

router = APIGatewayHttpRouter()
_ALL = "/v1/projects/<project>/authorities"
_ONE = f"{_ALL}/<authority>"
_TAGS = ["authorities"]


def _shown(authority: Authority, services: Services) -> Authority:
    return authority.model_copy(update={"status": status_at(authority, services.now())})


@router.post(_ALL, status_code=201, tags=_TAGS, summary="Record an authority; an attestation counts at once")
def create_authority(
    project: PathId, body: AuthorityDraft, services: Services, caller: Caller, cause: Cause
) -> Authority:
    services.projects.get(project)
    identifier = cause.identifier("authority", project)
    made = services.manage_authorities.create(
        project=project, identifier=identifier, draft=body, by=caller.id, now=services.now()
    )
    return _shown(made, services)


@router.get(_ALL, tags=_TAGS, summary="List the authorities, those that ended too")
def list_authorities(project: PathId, services: Services, limit: Limit = 50, cursor: Cursor = "") -> ListOf[Authority]:
    page = services.authorities.list(project, limit=limit, cursor=cursor)
    items = tuple(_shown(each, services) for each in page.items)
    return ListOf(items=items, next_cursor=page.next_cursor or None)


@router.get(_ONE, tags=_TAGS, summary="Read an authority")
def read_authority(project: PathId, authority: PathId, services: Services) -> Authority:
    return _shown(services.authorities.get(project, authority), services)


@router.post(f"{_ONE}/verify", tags=_TAGS, summary="Look at its evidence: the TXT record, or the AWS inventory anew")
def verify_authority(project: PathId, authority: PathId, services: Services) -> Authority:
    return _shown(
        services.manage_authorities.verify(project=project, identifier=authority, now=services.now()), services
    )


@router.post(f"{_ONE}/revoke", tags=_TAGS, summary="End it now; scans that lean on it are asked to stop")
def revoke_authority(
    project: PathId, authority: PathId, body: Revocation, services: Services, caller: Caller
) -> Authority:
    return _shown(
        services.manage_authorities.revoke(
            project=project, identifier=authority, by=caller.id, why=body.why, now=services.now()
        ),
        services,
    )


@router.get(f"{_ONE}/targets", tags=_TAGS, summary="Say what it covers, as a network takes its targets")
def list_covered(project: PathId, authority: PathId, services: Services) -> Offer:
    read = services.authorities.get(project, authority).looked
    targets = services.manage_authorities.targets(project=project, identifier=authority)
    return Offer(targets=targets, read=read)
