"""Limits of the transport: each with unit, value and reason. `federation.limits` has the wire's."""

from typing import Final

MAX_PAYLOAD_BYTES: Final = 1024 * 1024
"""The broker's `max_payload`: headers and body of one message (the default of NATS)."""

MESSAGE_MAX_BYTES: Final = MAX_PAYLOAD_BYTES - 8 * 1024
"""A stored message, headers and body. Below `MAX_PAYLOAD_BYTES`, since the read service passes it
on with headers of its own, and a client that exceeds the broker's limit is cut off."""

BATCH_MIN_MESSAGES: Final = 16
"""From so many waiting messages on an atomic batch pays (measured: 4,580 plain compare-and-set
publishes/s against 305 batches/s for the whole hub)."""

BATCH_MAX_MESSAGES: Final = 1_000
"""Messages of one atomic batch: the broker's own limit."""

BATCH_MAX_BYTES: Final = 8 * 1024 * 1024
"""Bytes of one atomic batch: it sits in the broker's memory until its last message."""

ACK_TIMEOUT_S: Final = 10.0
"""Wait for the stream's acknowledgement; an fsync on a slow disk takes tenths of a second."""

FETCH_MAX_S: Final = 5.0
"""A fetch that is pending while the broker restarts hangs to its whole timeout."""

FETCH_MAX_MESSAGES: Final = 5_000
"""Messages of one fetch; the durable's own limit on unacknowledged ones is above."""

FETCH_MAX_BYTES: Final = 64 * 1024 * 1024
"""Bytes that one pull request may bring: bounds the reader's memory."""

CONNECT_TIMEOUT_S: Final = 5
"""TCP and TLS handshake, each."""

PING_INTERVAL_S: Final = 20
"""The client's default of 120 s leaves a dead connection unnoticed for minutes, and proxies cut
what is idle for 60 s."""

RECONNECT_WAIT_S: Final = 1.0
"""Mean pause between attempts; each client takes 0.5 to 1.5 times this, so that they spread."""

PROXY_AUTH_WAIT_FACTOR: Final = 60
"""Pauses after a proxy refused the password: a directory locks an account after some wrong ones."""

STUCK_S: Final = 60.0
"""A client that hasn't come back by itself for so long is thrown away and built anew."""

LINE_MAX_BYTES: Final = 1024 * 1024
"""A protocol line; the longest is the broker's INFO, a subject has at most 4 KiB."""

READ_IDLE_S: Final = 10.0
"""Longest pause between two answers of the read service."""

READ_REQUEST_MAX_BYTES: Final = 4 * 1024
"""A request to the read service: a subject, two numbers."""

READ_MAX_MESSAGES: Final = 500
"""Messages in one answer of the read service; the rest is asked for with `next`."""

READ_MAX_BYTES: Final = 4 * 1024 * 1024
"""Bytes in one answer of the read service, up to one message more."""
