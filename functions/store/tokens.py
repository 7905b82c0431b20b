"""API tokens: found by their id alone, listed by project."""

from datetime import datetime

from functions.core.errors import AlreadyExists, NotFound
from functions.core.token import Token
from functions.store import keys
from functions.store.attributes import to_item, to_model
from functions.store.conditions import IS_NEW, attribute_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Range


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

    def list(self, project: str, *, limit: int = 100, cursor: str = "") -> Page[Token]:
        """`project` empty: the organisation's tokens."""
        span = Range(keys.tokens(project), index=keys.GSI1)
        return list_page(self.table, Token, span, limit=limit, cursor=cursor, base_key=_key)

    def revoke(self, project: str, identifier: str, *, now: datetime) -> Token:
        """Revoking twice keeps the first time. Raises NotFound for a token of another project too."""
        token = self.get(identifier)
        if token.project != project:
            raise _missing(identifier)
        if token.revoked is not None:
            return token
        revoked = token.model_copy(update={"revoked": now, "version": token.version + 1})
        values = {"revoked": revoked.model_dump(mode="json")["revoked"], "version": revoked.version}
        try:
            self.table.update(*_key(identifier), values, attribute_is("project", project))
        except ConditionFailed:
            raise _missing(identifier) from None
        return revoked


def _key(identifier: str) -> tuple[str, str]:
    return keys.token(identifier), "TOK"


def _missing(identifier: str) -> NotFound:
    return NotFound(f"there is no token {identifier} in this project")
