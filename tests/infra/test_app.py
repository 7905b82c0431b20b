import os
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs

from infra.app import build, chosen_stage
from infra.asset import PROJECT
from infra.settings import STAGES
from tests.infra.templates import Synthesised

OUTPUTS = {
    "Issuer", "ClientId", "HttpUrl", "HttpApiId", "WebSocketUrl", "WebSocketApiId", "WebSocketStage", "TableName", "LiveTableName",
    "ResultsBucketName", "ClusterName", "StateMachineArn", "EventBusName", "ScheduleGroupName",
    "EvaluateFunctionName", "PublishFunctionName", "BroadcastFunctionName", "TickQueueUrl", "TickDeadLetterUrl",
    "SweepQueueUrl", "SweepDeadLetterUrl", "ExportQueueUrl", "ExportDeadLetterUrl", "FinishQueueUrl", "FinishDeadLetterUrl",
    "SourceQueueUrl", "SourceDeadLetterUrl", "SealsBucketName", "SealQueueUrl", "SealDeadLetterUrl", "DeliverQueueUrl", "DeliverDeadLetterUrl", "ReviewQueueUrl", "ReviewDeadLetterUrl",
}  # fmt: skip


def test_what_people_and_tools_look_for_is_in_the_outputs(stage: Synthesised) -> None:
    assert set(stage.platform["Outputs"]) == OUTPUTS


def test_the_stage_is_chosen_by_context_and_the_local_endpoint_too() -> None:
    app = cdk.App(context={"stage": "local", "local_endpoint": "http://127.0.0.1:9"})
    assert chosen_stage(app).endpoint == "http://127.0.0.1:9"
    assert chosen_stage(cdk.App(), "prod") == STAGES["prod"]
    assert chosen_stage(cdk.App()).name == "dev"


def test_a_finding_that_nobody_acknowledged_stops_the_synthesis(tmp_path: Path) -> None:
    app = cdk.App(analytics_reporting=False, outdir=str(tmp_path))
    stateful, _ = build(STAGES["prod"], app=app)
    aws_sqs.Queue(stateful, "Careless")
    with pytest.raises(RuntimeError, match="AwsSolutions-SQS3"):
        app.synth()


@pytest.mark.long
def test_an_aws_stage_synthesises_without_credentials_and_without_docker(tmp_path: Path) -> None:
    kept = {name: os.environ[name] for name in ("HOME", "UV_CACHE_DIR", "SSL_CERT_FILE") if name in os.environ}
    path = os.pathsep.join([str(Path(sys.executable).parent), *_without_docker(os.environ["PATH"])])
    subprocess.run(
        [sys.executable, "-m", "infra.app", "--stage", "dev"],
        env={**kept, "PATH": path, "CDK_OUTDIR": str(tmp_path)},
        cwd=PROJECT,
        check=True,
        timeout=280,
    )
    assert (tmp_path / "VedettePlatform-dev.template.json").exists()


def _without_docker(path: str) -> list[str]:
    return [each for each in path.split(os.pathsep) if not (Path(each) / "docker").exists()]
