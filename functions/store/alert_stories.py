"""The story of an alert: its trail, and what people say about it."""

from datetime import datetime

from functions.core.alert import Alert, Comment, TrailEntry
from functions.core.errors import Forbidden, NotFound, StaleVersion
from functions.core.ids import derived_id
from functions.store import keys
from functions.store.alert_items import trail_write
from functions.store.alerts import missing
from functions.store.attributes import to_item, to_model
from functions.store.conditions import EXISTS, IS_NEW, Condition, version_is
from functions.store.cursor import Page
from functions.store.listing import list_page
from functions.store.table import ConditionFailed, Table
from functions.store.writes import Delete, Put, Range, Update, Write

_SHOWN = 512


class AlertStories:
    def __init__(self, table: Table) -> None:
        self.table = table

    def trail(self, project: str, alert: str, *, limit: int = 100, cursor: str = "") -> Page[TrailEntry]:
        """Oldest first."""
        return list_page(self.table, TrailEntry, _span(project, alert, keys.TRAIL), limit=limit, cursor=cursor)

    def comments(self, project: str, alert: str, *, limit: int = 100, cursor: str = "") -> Page[Comment]:
        """Oldest first."""
        return list_page(self.table, Comment, _span(project, alert, keys.COMMENT), limit=limit, cursor=cursor)

    def comment(self, project: str, alert: str, comment: str) -> Comment:
        item = self.table.find(keys.alert_story(project, alert), f"{keys.COMMENT}{comment}")
        if item is None:
            raise _no_comment(comment)
        return to_model(Comment, item)

    def add(self, alert: Alert, comment: Comment) -> Comment:
        """The comment as it stands: a repeat of the same one changes nothing. Raises NotFound where the alert is gone."""
        write = _put(alert, comment, IS_NEW)
        try:
            self._write(alert, comment, write, event="commented", text=comment.text, now=comment.at, more=1)
        except ConditionFailed as failure:
            if failure.failed == 0:
                return self.comment(alert.project, alert.id, comment.id)
            raise missing(alert.id) from None
        return comment

    def edit(self, alert: Alert, before: Comment, text: str, *, expected: int, by: str, now: datetime) -> Comment:
        """Only who wrote it may. Raises Forbidden, StaleVersion, NotFound."""
        if before.by != by:
            raise Forbidden("only who wrote a comment edits it")
        edited = before.model_copy(update={"text": text, "edited": now, "version": expected + 1})
        write = _put(alert, edited, version_is(expected))
        self._rewrite(alert, before, write, event="comment_edited", text=text, now=now)
        return edited

    def delete(self, alert: Alert, before: Comment, *, expected: int, by: str, now: datetime) -> None:
        """Only who wrote it may. Raises Forbidden, StaleVersion, NotFound."""
        if before.by != by:
            raise Forbidden("only who wrote a comment deletes it")
        key = keys.alert_story(alert.project, alert.id), f"{keys.COMMENT}{before.id}"
        write = Delete(*key, version_is(expected))
        self._rewrite(alert, before, write, event="comment_deleted", text=before.text, now=now, more=-1)

    def _rewrite(
        self, alert: Alert, comment: Comment, write: Write, *, event: str, text: str, now: datetime, more: int = 0
    ) -> None:
        try:
            self._write(alert, comment, write, event=event, text=text, now=now, more=more)
        except ConditionFailed as failure:
            if failure.failed != 0:
                raise missing(alert.id) from None
            if failure.item is None:
                raise _no_comment(comment.id) from None
            stale = "the comment was edited meanwhile; read it again"
            raise StaleVersion(stale, current=failure.public(Comment)) from None

    def _write(
        self, alert: Alert, comment: Comment, write: Write, *, event: str, text: str, now: datetime, more: int = 0
    ) -> None:
        """With the trail's entry and the number of comments that the alert shows, of which nothing else changes."""
        entry = TrailEntry(
            id=derived_id(now, comment.id, event, str(comment.version)),
            alert=alert.id,
            at=now,
            by=comment.by,
            event=event,
            text=text[:_SHOWN],
            before={} if event == "commented" else {"comment": comment.text[:_SHOWN]},
            after={},
        )
        counted = Update(keys.alerts(alert.project), alert.id, {}, EXISTS, add={"comments": more})
        self.table.transact([write, trail_write(alert, entry), counted])


def _put(alert: Alert, comment: Comment, condition: Condition) -> Put:
    return Put(to_item(comment, keys.alert_story(alert.project, alert.id), f"{keys.COMMENT}{comment.id}"), condition)


def _span(project: str, alert: str, prefix: str) -> Range:
    return Range(keys.alert_story(project, alert), prefix, f"{prefix}~")


def _no_comment(comment: str) -> NotFound:
    return NotFound(f"there is no comment {comment} on this alert")
