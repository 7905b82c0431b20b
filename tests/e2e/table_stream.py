"""What is written to the table, as its stream tells it."""

from tests.e2e.platform import Platform


class TableStream:
    """Everything written since this was made."""

    def __init__(self, platform: Platform) -> None:
        self._streams = platform.aws("dynamodbstreams")
        table = platform.aws("dynamodb").describe_table(TableName=platform.outputs["TableName"])["Table"]
        arn = table["LatestStreamArn"]
        shards = self._streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._start = [
            self._streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")[
                "ShardIterator"
            ]
            for shard in shards
        ]

    def keys_since_start(self, *, family: str) -> list[tuple[str, str]]:
        """(pk, sk) of every record whose pk starts with `family`."""
        found = []
        for start in self._start:
            iterator: str | None = start
            while iterator:
                page = self._streams.get_records(ShardIterator=iterator, Limit=1000)
                keys = [record["dynamodb"]["Keys"] for record in page["Records"]]
                found += [(key["pk"]["S"], key["sk"]["S"]) for key in keys if key["pk"]["S"].startswith(family)]
                iterator = page.get("NextShardIterator") if page["Records"] else None
        return found
