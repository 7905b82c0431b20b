"""Whether hosts are asked if they are there before their ports are asked, and what the silence of a host means then."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, field_validator

from functions.core.model import Model


class Question(StrEnum):
    ICMP = "icmp"
    """An echo request."""
    TCP = "tcp"
    """A SYN to some ports: any answer counts, a refusal too."""
    ARP = "arp"
    """On the worker's own segment alone; over IPv6 a neighbour solicitation."""


class HostDiscovery(Model):
    """Of nobody where `by` is empty: then each cell is asked, whoever answers."""

    by: tuple[Question, ...] = Field(default=(), max_length=len(Question))
    tcp_ports: tuple[Annotated[int, Field(ge=1, le=65535)], ...] = Field(
        default=(22, 80, 443, 3389), min_length=1, max_length=16
    )
    silent: Literal["not_covered", "host_down"] = "not_covered"
    """What the cells of a host come to that answered none of it: nothing is known of them, or it is taken for down."""

    @field_validator("by", "tcp_ports")
    @classmethod
    def _in_order_and_once(cls, given: tuple[object, ...]) -> tuple[object, ...]:
        if len(set(given)) < len(given):
            raise ValueError("something is named twice: name each once")
        return given

    @property
    def probes(self) -> int:
        """Packets to a host that answers none of them, without retries."""
        return sum(len(self.tcp_ports) if each == Question.TCP else 1 for each in self.by)


NOBODY = HostDiscovery()


def reason_of(asked: Iterable[Question]) -> str:
    return f"no answer to host discovery ({', '.join(asked)})"
