"""Starts MiniStack with streams that forget what has been read.

As released it keeps every record for 24 hours and walks through all of them on each call: a kilobyte a record, and time that grows with
the square of their number. Here a shard drops what precedes the position of the iterator that reads it. Whoever presents an iterator
has received what came before, so the one reader there is, the poller, misses nothing, and may repeat a call. A second reader would.
"""

from ministack import app
from ministack.services import kinesis

get_records = kinesis._get_records


def get_records_and_forget(data):
    current = kinesis._shard_iterators.get(data.get("ShardIterator"))
    if current and current["position"] > 0:
        stream = kinesis._streams.get(current["stream"])
        shard = stream["shards"].get(current["shard_id"]) if stream else None
        if shard:
            read = min(current["position"], len(shard["records"]))
            del shard["records"][:read]
            for other in kinesis._shard_iterators.values():
                if (other["stream"], other["shard_id"]) == (current["stream"], current["shard_id"]):
                    other["position"] = max(0, other["position"] - read)
    return get_records(data)


kinesis._get_records = get_records_and_forget
app.main()
