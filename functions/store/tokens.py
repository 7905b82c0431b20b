"""API tokens: found by their id alone, listed by project; and when each was last used."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from functions.core.errors import AlreadyExists, NotFound, StaleVersion
from functions.core.token import Token
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, absent_or_before, attribute_is, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range

NOTED_EVERY = timedelta(minutes=5)
_USE = "USE"


class Tokens:
    def __init__(self, table: Table) -> None:
        self.table = table

    def create(self, token: Token) -> None:
        """Raises AlreadyExists."""
        index = {keys.GSI1_PK: keys.tokens(token.project), keys.GSI1_SK: token.id}
        try:
            self.table.put(to_item(token, *_key(token.id), **index), IS_NEW)
        except ConditionFailed:
            raise AlreadyExists("the token exists already") from None

    def get(self, identifier: str) -> Token:
        """Raises NotFound; expired and revoked tokens are still there, for the caller to refuse."""
        item = self.table.find(*_key(identifier))
        if item is None:
            raise _missing(identifier)
        return to_model(Token, item)

    def of_project(self, project: str, identifier: str) -> Token:
        """Raises NotFound for a token of another project too."""
        token = self.get(identifier)
        if token.project != project:
            raise _missing(identifier)
        return token

    def list(self, project: str, *, limit: int = 100, cursor: str = "") -> Page[Token]:
        """`project` empty: the organisation's tokens."""
        span = Range(keys.tokens(project), index=keys.GSI1)
        return list_page(self.table, Token, span, limit=limit, cursor=cursor, base_key=_key)

    def revoke(self, project: str, identifier: str, *, now: datetime) -> Token:
        """Revoking twice keeps the first time. Raises NotFound for a token of another project too."""
        token = self.of_project(project, identifier)
        if token.revoked is not None:
            return token
        revoked = token.model_copy(update={"revoked": now, "version": token.version + 1})
        values = {"revoked": revoked.model_dump(mode="json")["revoked"], "version": revoked.version}
        try:
            self.table.update(*_key(identifier), values, attribute_is("project", project))
        except ConditionFailed:
            raise _missing(identifier) from None
        return revoked

    def replace(self, token: Token, *, expected: int) -> None:
        """Raises StaleVersion."""
        index = {keys.GSI1_PK: keys.tokens(token.project), keys.GSI1_SK: token.id}
        try:
            self.table.put(to_item(token, *_key(token.id), **index), version_is(expected))
        except ConditionFailed:
            raise StaleVersion("the token was changed meanwhile: read it again") from None

    def note_use(self, identifier: str, *, now: datetime) -> None:
        """Beside the token, so that who may note a use can change no token; once in five minutes at most."""
        earlier = absent_or_before("last_used", _text(now - NOTED_EVERY))
        try:
            self.table.update(keys.token_use(identifier), _USE, {"last_used": _text(now)}, earlier)
        except ConditionFailed:
            return  # noted not long ago

    def last_used(self, identifiers: Iterable[str]) -> Mapping[str, datetime]:
        """By token, to some minutes; without those that never were."""
        places = {keys.token_use(each): each for each in identifiers}
        found = self.table.find_many([(pk, _USE) for pk in places])
        return {places[item[keys.PK]]: datetime.fromisoformat(item["last_used"]) for item in found}


def _key(identifier: str) -> tuple[str, str]:
    return keys.token(identifier), "TOK"


def _text(at: datetime) -> str:
    """Sorts as time does."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def _missing(identifier: str) -> NotFound:
    return NotFound(f"there is no token {identifier} in this project")
