"""The stack of what must not be lost: two tables, the results bucket, the seals; and what they are kept under."""

from collections.abc import Mapping

from aws_cdk import CfnResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.acknowledge import acknowledge
from infra.customer_key import CustomerKey
from infra.grants import On
from infra.identity import Identity
from infra.images import Images, repository_name
from infra.settings import Stage
from infra.transport import tls_only

LAMBDA_FAILED = "aws/lambda/"
"""Lambda's own prefix for batches that a function failed on for good."""
_STRING = dynamodb.AttributeType.STRING
_PLAIN_HTTP = {"AwsSolutions-S10": "The embedded AWS speaks plain HTTP, on loopback only."}


class Stateful(Stack):
    def __init__(self, scope: Construct, construct_id: str, *, stage: Stage) -> None:
        super().__init__(scope, construct_id, termination_protection=stage.keep_data)
        self._fate = RemovalPolicy.RETAIN if stage.keep_data else RemovalPolicy.DESTROY
        self._local = stage.local
        self.key = CustomerKey(self, "CustomerKey", removal=self._fate) if stage.customer_key else None

        self.table = self._table("Table", recoverable=True)
        self._index(self.table, "gsi1")
        self._index(self.table, "gsi2")

        self.live_table = self._table("LiveTable", recoverable=False)
        acknowledge(
            self.live_table,
            {"AwsSolutions-DDB3": "Connections and live events expire within hours; there is nothing to recover."},
        )

        access_logs = self._access_logs(stage)
        self.bucket = self._results(stage, access_logs)
        self.seals = self._seals(stage, access_logs)
        self.issuer = Identity(self, "Identity", stage=stage).issuer
        if name := repository_name(stage):
            Images(self, "Images", name=name, key=self._kms_key)

    @property
    def arns(self) -> Mapping[On, tuple[str, ...]]:
        table = self.table.table_arn
        # Exported by hand, so that the name of a pattern on it is known while roles are written.
        bucket, seals = self.export_value(self.bucket.bucket_arn), self.export_value(self.seals.bucket_arn)
        return {
            On.TABLE: (table,),
            On.GSI1: (f"{table}/index/gsi1",),
            On.GSI2: (f"{table}/index/gsi2",),
            On.TABLE_STREAM: (self.table.table_stream_arn or "",),
            On.LIVE_TABLE: (self.live_table.table_arn,),
            On.LIVE_STREAM: (self.live_table.table_stream_arn or "",),
            On.PLANS: (f"{bucket}/plans/*",),
            On.FAILED: (f"{bucket}/failed/*",),
            On.LAMBDA_FAILED: (f"{bucket}/{LAMBDA_FAILED}*",),
            On.BUCKET: (bucket,),
            On.RESULTS: (f"{bucket}/results/*",),
            On.CHECKPOINTS: (f"{bucket}/checkpoints/*",),
            On.EXPORTS: (f"{bucket}/exports/*",),
            On.SEALS: (f"{seals}/seals/*",),
            On.SEALS_BUCKET: (seals,),
            **self.key_arns,
        }

    @property
    def key_arns(self) -> Mapping[On, tuple[str, ...]]:
        return {On.KEY: (self.key.arn,)} if self.key else {}

    @property
    def _kms_key(self) -> kms.Key | None:
        return self.key.key if self.key else None

    @property
    def _encryption(self) -> s3.BucketEncryption:
        return s3.BucketEncryption.KMS if self.key else s3.BucketEncryption.S3_MANAGED

    def _table(self, construct_id: str, *, recoverable: bool) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            construct_id,
            partition_key=dynamodb.Attribute(name="pk", type=_STRING),
            sort_key=dynamodb.Attribute(name="sk", type=_STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute="expires",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=recoverable
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED if self.key else None,
            encryption_key=self._kms_key,
            resource_policy=None if self._local else tls_only("dynamodb:*"),
            removal_policy=self._fate,
        )

    def _index(self, table: dynamodb.Table, name: str) -> None:
        table.add_global_secondary_index(
            index_name=name,
            partition_key=dynamodb.Attribute(name=f"{name}pk", type=_STRING),
            sort_key=dynamodb.Attribute(name=f"{name}sk", type=_STRING),
            projection_type=dynamodb.ProjectionType.ALL,
        )

    def _access_logs(self, stage: Stage) -> s3.Bucket:
        access_logs = s3.Bucket(
            self,
            "AccessLogs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            # Whoever writes access logs for S3 has no right to any key but S3's own.
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=not stage.local,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
            removal_policy=self._fate,
        )
        acknowledge(
            access_logs, {"AwsSolutions-S1": "This bucket is where access logs go; logging itself would never end."}
        )
        if stage.local:
            acknowledge(access_logs, _PLAIN_HTTP)
        return access_logs

    def _results(self, stage: Stage, access_logs: s3.Bucket) -> s3.Bucket:
        results = s3.Bucket(
            self,
            "Results",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=self._encryption,
            encryption_key=self._kms_key,
            bucket_key_enabled=True if self.key else None,
            enforce_ssl=not stage.local,
            versioned=True,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="results/",
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(stage.raw_output_days),
                    noncurrent_version_expiration=Duration.days(30),
                    abort_incomplete_multipart_upload_after=Duration.days(1),
                ),
                # Written over every few seconds while a chunk is scanned, and not gone on with after a day.
                s3.LifecycleRule(
                    prefix="checkpoints/",
                    expiration=Duration.days(2),
                    noncurrent_version_expiration=Duration.days(1),
                ),
                s3.LifecycleRule(
                    prefix="exports/",
                    expiration=Duration.days(stage.export_days),
                    noncurrent_version_expiration=Duration.days(1),
                ),
            ],
            removal_policy=self._fate,
        )
        # By the property, since the construct's own way is a custom resource with rights on every bucket.
        _resource(results).add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        if stage.local:
            acknowledge(results, _PLAIN_HTTP)
        return results

    def _seals(self, stage: Stage, access_logs: s3.Bucket) -> s3.Bucket:
        """Of the audit log: written once an hour, kept without end."""
        lock = s3.ObjectLockRetention.governance(Duration.days(stage.seal_lock_days)) if stage.seal_lock_days else None
        seals = s3.Bucket(
            self,
            "Seals",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=self._encryption,
            encryption_key=self._kms_key,
            bucket_key_enabled=True if self.key else None,
            enforce_ssl=not stage.local,
            versioned=True,
            object_lock_default_retention=lock,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix="seals/",
            removal_policy=self._fate,
        )
        if stage.local:
            acknowledge(seals, _PLAIN_HTTP)
        return seals


def _resource(bucket: s3.Bucket) -> CfnResource:
    resource = bucket.node.default_child
    if not isinstance(resource, CfnResource):
        raise TypeError(f"{bucket.node.path} is not made of a CloudFormation resource.")
    return resource
