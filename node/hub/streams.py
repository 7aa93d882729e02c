"""The hub's two streams and its readers' durables: made when missing, mended when they drift."""

from typing import Any, Final

import nats.js.errors
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RePublish,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from node.hub.config import STREAMS, HubSettings
from node.link.limits import MESSAGE_MAX_BYTES

_ANY: Final = "mlg.1.z.*.*"
_WIRE: Final = "mlg.1.z.>"
_DUPLICATES_S: Final = 0.1
"""The least that the broker takes: nothing of ours has a `Nats-Msg-Id`, so nothing can match."""


def stream_configs(settings: HubSettings) -> tuple[StreamConfig, StreamConfig]:
    """The data stream and the stream of documents.

    Both republish what they stored as the live tail, which no stream captures. Neither takes
    roll-ups or per-message lifetimes, with which a publisher could erase (nats.md, attack 3).
    """
    common: dict[str, Any] = {
        "retention": RetentionPolicy.LIMITS,
        "storage": StorageType.FILE,
        "num_replicas": 1,
        "max_msg_size": MESSAGE_MAX_BYTES,
        "allow_direct": True,
        "republish": RePublish(src=_WIRE, dest="mlg.1.tail.>"),
        "duplicate_window": _DUPLICATES_S,
        "allow_rollup_hdrs": False,
        "allow_msg_ttl": False,
        "deny_delete": False,
        "deny_purge": False,
    }
    return (
        StreamConfig(
            name="PUB",
            subjects=[f"{_ANY}.pub.*.*", f"{_ANY}.for.*.*.*", f"{_ANY}.fwd.*"],
            discard=DiscardPolicy.OLD,
            max_bytes=settings.pub_max_bytes,
            max_age=settings.pub_max_age_s,
            allow_atomic=True,
            **common,
        ),
        StreamConfig(
            name="DOC",
            subjects=[f"{_ANY}.doc.>", f"{_ANY}.rcpt.*", f"{_ANY}.ask.*"],
            discard=DiscardPolicy.NEW,
            max_bytes=settings.doc_max_bytes,
            max_msgs_per_subject=1,
            allow_atomic=False,
            **common,
        ),
    )


def durable_config(node: str, settings: HubSettings) -> ConsumerConfig:
    """The durable of a node's reader."""
    return ConsumerConfig(
        durable_name=node,
        deliver_policy=DeliverPolicy.ALL,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=settings.ack_wait_s,
        max_ack_pending=settings.max_ack_pending,
        filter_subject=_WIRE,
    )


async def ensure_streams(js: JetStreamContext, settings: HubSettings) -> list[str]:
    """Make both streams, or change what differs from the settings.

    Returns:
        What was made or changed, in words.
    """
    done = []
    for wanted in stream_configs(settings):
        assert wanted.name is not None
        try:
            held = (await js.stream_info(wanted.name)).config
        except nats.js.errors.NotFoundError:
            await js.add_stream(wanted)
            done.append(f"stream {wanted.name} made")
            continue
        drift = _drift(wanted.as_dict(), held.as_dict())
        if drift:
            await js.update_stream(wanted)
            done.append(f"stream {wanted.name} changed: {', '.join(drift)}")
    return done


async def ensure_durables(
    js: JetStreamContext, readers: set[str], settings: HubSettings
) -> list[str]:
    """Make, change or delete durables so that there is one per reader and stream.

    Args:
        js: The hub's own account.
        readers: Names of the nodes that read.
        settings: Of the hub.

    Returns:
        What was done, in words.
    """
    done = []
    for stream in STREAMS:
        held = {info.name: info.config for info in await _durables(js, stream)}
        for node in sorted(held.keys() - readers):
            await js.delete_consumer(stream, node)
            done.append(f"durable {node} on {stream} deleted")
        for node in sorted(readers):
            wanted = durable_config(node, settings)
            if node not in held:
                await js.add_consumer(stream, wanted)
                done.append(f"durable {node} on {stream} made")
            elif drift := _drift(wanted.as_dict(), held[node].as_dict()):
                await js.add_consumer(stream, wanted)
                done.append(f"durable {node} on {stream} changed: {', '.join(drift)}")
    return done


async def _durables(js: JetStreamContext, stream: str) -> list[Any]:
    found: list[Any] = []
    while page := await js.consumers_info(stream, offset=len(found)):
        found += page
    return [info for info in found if info.config.durable_name]


def _drift(wanted: dict[str, object], held: dict[str, object]) -> list[str]:
    """Names of settings that differ, of those that are wanted."""
    return sorted(
        name
        for name, value in wanted.items()
        if value not in (None, held.get(name)) and not (value in (0, False) and name not in held)
    )
