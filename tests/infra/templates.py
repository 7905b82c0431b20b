"""Synthesised stages as data to ask questions of."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


@dataclass(frozen=True)
class Synthesised:
    """Both templates of one stage."""

    stateful: dict[str, Any]
    platform: dict[str, Any]

    @classmethod
    def read(cls, assembly: Path, stage: str) -> "Synthesised":
        texts = ((assembly / f"Vedette{name}-{stage}.template.json").read_text() for name in ("Stateful", "Platform"))
        return cls(*(json.loads(text) for text in texts))

    def resources(self, kind: str) -> dict[str, Resource]:
        """Logical id to properties, of one type, in both stacks."""
        return {
            name: resource.get("Properties", {})
            for template in (self.stateful, self.platform)
            for name, resource in template["Resources"].items()
            if resource["Type"] == kind
        }

    def one(self, kind: str, part: str = "") -> Resource:
        found = {name: each for name, each in self.resources(kind).items() if part in name}
        assert len(found) == 1, (kind, part, sorted(found))
        return next(iter(found.values()))

    def functions(self) -> dict[str, Resource]:
        """Handler to properties."""
        return {each["Handler"]: each for each in self.resources("AWS::Lambda::Function").values()}

    def statements(self, effect: str = "Allow") -> Iterator[tuple[str, dict[str, Any]]]:
        """Each such policy statement of each role, with the policy's logical id."""
        for name, policy in self.resources("AWS::IAM::Policy").items():
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == effect:
                    yield name, statement

    def actions(self, part: str) -> set[str]:
        """All actions of the roles whose policies' ids have `part` in them."""
        return {action for name, each in self.statements() if part in name for action in listed(each["Action"])}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def workflow(stage: Synthesised) -> dict[str, Any]:
    """The state machine's definition; CloudFormation's substitutions are still names in it."""
    text = stage.one("AWS::StepFunctions::StateMachine")["DefinitionString"]
    definition: dict[str, Any] = json.loads(text)
    return definition
