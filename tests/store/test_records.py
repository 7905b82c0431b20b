"""Projects, networks, tokens, ticks and repeats of a POST."""

from datetime import timedelta

import pytest

from functions.core.errors import AlreadyExists, Conflict, InvalidInput, NotFound, StaleVersion
from functions.core.network import Schedule
from functions.core.project import Project
from functions.core.tick import Tick, TickOutcome
from functions.core.token import Token, hash_secret
from functions.store.idempotency import LIFE, Idempotency
from functions.store.networks import Networks
from functions.store.projects import Projects
from functions.store.table import Table
from functions.store.ticks import Ticks
from functions.store.tokens import Tokens
from tests.store.examples import AT, NETWORK, OTHER_PROJECT, PROJECT, after, identifier, network


def token(name: str, project: str = PROJECT) -> Token:
    return Token(
        id=identifier(name),
        project=project,
        name=name,
        scopes=("read",),
        secret_hash=hash_secret(name),
        created=AT,
        expires=after(60),
    )


def test_projects_are_created_once_and_listed(table: Table) -> None:
    projects = Projects(table)
    created = Project(id=PROJECT, name="one", created=AT)
    projects.create(created)
    with pytest.raises(AlreadyExists) as refused:
        projects.create(created)
    assert refused.value.current == created.model_dump(mode="json")
    assert projects.get(PROJECT) == created
    assert projects.list().items == (created,)
    with pytest.raises(NotFound):
        projects.get(OTHER_PROJECT)


def test_a_network_is_edited_by_version(table: Table) -> None:
    networks = Networks(table)
    created = network(schedule=Schedule(expression="rate(1 day)"))
    networks.create(created)
    edited = networks.update(created.model_copy(update={"name": "renamed"}), expected=1)
    assert networks.get(PROJECT, created.id) == edited
    assert (edited.name, edited.version) == ("renamed", 2)
    with pytest.raises(StaleVersion) as refused:
        networks.update(created, expected=1)
    assert refused.value.current == edited.model_dump(mode="json")
    with pytest.raises(StaleVersion):
        networks.delete(PROJECT, created.id, expected=1)
    networks.delete(PROJECT, created.id, expected=2)
    with pytest.raises(NotFound):
        networks.get(PROJECT, created.id)
    with pytest.raises(NotFound):
        networks.update(edited, expected=2)


def test_networks_are_listed_within_their_project(table: Table) -> None:
    networks = Networks(table)
    mine = sorted((network(f"n{number}") for number in range(3)), key=lambda each: each.id)
    for each in (*mine, network("foreign", OTHER_PROJECT)):
        networks.create(each)
    page = networks.list(PROJECT, limit=2)
    rest = networks.list(PROJECT, limit=2, cursor=page.next_cursor)
    assert [*page.items, *rest.items] == mine
    with pytest.raises(InvalidInput):
        networks.list(OTHER_PROJECT, cursor=page.next_cursor)
    with pytest.raises(NotFound):
        networks.get(OTHER_PROJECT, mine[0].id)


def test_tokens_are_found_by_id_listed_by_project_and_revoked_once(table: Table) -> None:
    tokens = Tokens(table)
    ours, organisation = token("ours"), token("organisation", "")
    for each in (ours, organisation, token("foreign", OTHER_PROJECT)):
        tokens.create(each)
    with pytest.raises(AlreadyExists):
        tokens.create(ours)
    assert tokens.get(ours.id) == ours
    assert tokens.list(PROJECT).items == (ours,)
    assert tokens.list("").items == (organisation,)
    with pytest.raises(NotFound):
        tokens.revoke(OTHER_PROJECT, ours.id, now=AT)
    assert tokens.revoke(PROJECT, ours.id, now=after(1)).revoked == after(1)
    assert tokens.revoke(PROJECT, ours.id, now=after(2)).revoked == after(1)
    assert tokens.get(ours.id).revoked == after(1)


def test_the_first_record_of_a_tick_stands(table: Table) -> None:
    ticks = Ticks(table)
    first = Tick(project=PROJECT, network=NETWORK, scheduled=AT, recorded=after(1), outcome=TickOutcome.SKIPPED)
    assert ticks.record(first) == first
    assert ticks.record(first.model_copy(update={"outcome": TickOutcome.STARTED})) == first
    assert ticks.get(PROJECT, NETWORK, AT) == first
    later = first.model_copy(update={"scheduled": after(60)})
    ticks.record(later)
    assert ticks.list(PROJECT, NETWORK).items == (later, first)
    with pytest.raises(NotFound):
        ticks.get(PROJECT, NETWORK, after(1))


def test_a_repeated_post_is_told_its_first_time_and_answer(table: Table) -> None:
    idempotency = Idempotency(table)
    begun = idempotency.begin(PROJECT, "POST /x key", fingerprint="a", now=AT)
    assert (begun.first, begun.response) == (AT, "")
    again = idempotency.begin(PROJECT, "POST /x key", fingerprint="a", now=after(9))
    assert (again.first, again.response) == (AT, "")
    idempotency.complete(PROJECT, "POST /x key", response="answer", now=after(10))
    assert idempotency.begin(PROJECT, "POST /x key", fingerprint="a", now=after(11)).response == "answer"
    with pytest.raises(Conflict):
        idempotency.begin(PROJECT, "POST /x key", fingerprint="b", now=after(11))
    assert idempotency.begin(OTHER_PROJECT, "POST /x key", fingerprint="b", now=after(11)).first == after(11)
    expired = AT + LIFE + timedelta(seconds=60)
    assert idempotency.begin(PROJECT, "POST /x key", fingerprint="b", now=expired).first == expired
