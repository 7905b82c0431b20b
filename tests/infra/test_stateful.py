from infra.settings import STAGES
from tests.infra.templates import Synthesised

TABLE = "AWS::DynamoDB::Table"


def test_tables_stream_both_images_and_expire_by_one_attribute(stage: Synthesised) -> None:
    tables = stage.resources(TABLE)
    assert len(tables) == 2
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]


def test_the_system_of_record_can_be_restored_to_any_moment(stage: Synthesised) -> None:
    table = stage.one(TABLE, "Table" + "CD")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_has_its_two_indexes_whole(stage: Synthesised) -> None:
    table = stage.one(TABLE, "Table" + "CD")
    indexes = {each["IndexName"]: each for each in table["GlobalSecondaryIndexes"]}
    assert set(indexes) == {"gsi1", "gsi2"}
    for name, index in indexes.items():
        assert [key["AttributeName"] for key in index["KeySchema"]] == [f"{name}pk", f"{name}sk"]
        assert index["Projection"] == {"ProjectionType": "ALL"}


def test_buckets_are_private_and_encrypted(stage: Synthesised) -> None:
    buckets = stage.resources("AWS::S3::Bucket")
    assert len(buckets) == 3
    for name, bucket in buckets.items():
        assert all(bucket["PublicAccessBlockConfiguration"].values())
        assert bucket["BucketEncryption"]
        assert name.startswith("Seals") or bucket["LifecycleConfiguration"]["Rules"]


def test_exports_expire_within_days_and_what_is_not_finished_too(stage: Synthesised) -> None:
    rules = stage.one("AWS::S3::Bucket", "Results")["LifecycleConfiguration"]["Rules"]
    (own,) = (rule for rule in rules if rule.get("Prefix") == "exports/")
    assert own["ExpirationInDays"] == 7
    assert own["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    assert any(rule.get("AbortIncompleteMultipartUpload") == {"DaysAfterInitiation": 1} for rule in rules)


def test_checkpoints_and_what_they_took_the_place_of_expire_within_days(stage: Synthesised) -> None:
    rules = stage.one("AWS::S3::Bucket", "Results")["LifecycleConfiguration"]["Rules"]
    (own,) = (rule for rule in rules if rule.get("Prefix") == "checkpoints/")
    assert own["ExpirationInDays"] == 2
    assert own["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_results_are_versioned_and_their_access_is_logged(stage: Synthesised) -> None:
    results = stage.one("AWS::S3::Bucket", "Results")
    assert results["VersioningConfiguration"] == {"Status": "Enabled"}
    assert results["LoggingConfiguration"]["LogFilePrefix"] == "results/"


def test_seals_are_kept_and_in_production_locked(stage: Synthesised, prod: Synthesised) -> None:
    seals = stage.one("AWS::S3::Bucket", "Seals")
    assert seals["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "LifecycleConfiguration" not in seals
    locked = prod.one("AWS::S3::Bucket", "Seals")
    assert locked["ObjectLockEnabled"]
    assert locked["ObjectLockConfiguration"]["Rule"]["DefaultRetention"] == {"Days": 365, "Mode": "GOVERNANCE"}


def test_data_of_production_outlives_its_stack(prod: Synthesised) -> None:
    kept = {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}
    for resource in prod.stateful["Resources"].values():
        if resource["Type"] in kept:
            assert resource["DeletionPolicy"] == "Retain"


def test_loopback_is_admitted_by_the_local_stage_alone() -> None:
    assert [name for name, stage in STAGES.items() if stage.admit_loopback] == ["local"]


def test_a_worker_ends_before_its_lease_and_the_lease_before_the_workflow_gives_up() -> None:
    for stage in STAGES.values():
        assert stage.deadline_s < stage.lease_s < stage.scan_chunk_seconds < stage.scan_hours * 3600
