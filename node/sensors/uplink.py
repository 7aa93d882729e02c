"""The Things Stack v3: what a webhook's body says (`ApplicationUp` as JSON, messages.proto).

Only what is used is looked at, and that strictly; the stack adds members from version to version.
Numbers are decimals from the start, so that nothing is rounded on the way.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from node.sensors.errors import ReadingError

UPLINK_MAX_BYTES: Final = 256 * 1024
"""A body; an uplink heard by thirty gateways has some 30 KiB."""

ID_MAX_CHARS: Final = 36
"""Of an application's or device's id, as the stack itself allows."""

SESSION_MAX_CHARS: Final = 64
F_CNT_MAX: Final = 2**32 - 1
F_PORT_MAX: Final = 255

OTHER_EVENTS: Final = frozenset(
    {
        "uplink_normalized",  # says again what uplink_message said
        "join_accept",
        "downlink_ack",
        "downlink_nack",
        "downlink_sent",
        "downlink_failed",
        "downlink_queued",
        "downlink_queue_invalidated",
        "location_solved",
        "service_data",
    }
)
"""Events that carry no reading: acknowledged, and nothing is done."""

_ID: Final = re.compile(r"[a-z0-9](?:[-]?[a-z0-9]){0,35}")
_SESSION: Final = re.compile(r"[A-Za-z0-9+/=_-]{0,64}")
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2})"
)
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Uplink:
    """One message of a device.

    Attributes:
        application: Application id.
        device: Device id.
        f_port: LoRaWAN port, 0 where the stack names none.
        f_cnt: Frame counter; zeros are left out by the stack.
        session: Session key id, base64; empty where the stack names none.
        received_us: When the network had it, in microseconds since 1970.
        measured_us: When the gateway heard it by its own clock; None if it didn't say.
        payload: As the device's payload formatter decoded it; numbers are `int` or `Decimal`.
        simulated: Made up in the stack's console.
    """

    application: str
    device: str
    f_port: int
    f_cnt: int
    session: str
    received_us: int
    measured_us: int | None
    payload: Mapping[str, Any]
    simulated: bool

    @property
    def key(self) -> str:
        """`<application>/<device>`, as the table of devices names it."""
        return f"{self.application}/{self.device}"

    @property
    def identity(self) -> str:
        """The same for a message that is handed in again, and for no other one."""
        return f"{self.session}/{self.f_cnt}/{self.received_us}"


@dataclass(frozen=True, slots=True)
class Ignored:
    """An event that carries no reading; `event` is its name."""

    event: str


def parse_uplink(body: bytes) -> Uplink | Ignored:
    """Read a webhook's body.

    Args:
        body: UTF-8 JSON of `UPLINK_MAX_BYTES` at most.

    Raises:
        ReadingError: `uplink-size`, `uplink-json`, `uplink-form`, `uplink-event`,
            `uplink-payload`.
    """
    if len(body) > UPLINK_MAX_BYTES:
        raise ReadingError(
            f"more than {UPLINK_MAX_BYTES} bytes", code="uplink-size", remedy="send one uplink"
        )
    found = _object(_json(body), "the body")
    events = sorted(OTHER_EVENTS & found.keys())
    if "uplink_message" not in found:
        if events:
            return Ignored(events[0])
        raise ReadingError(
            "no event that is known",
            code="uplink-event",
            remedy="point a webhook of The Things Stack v3 in the format JSON here",
        )
    ids = _object(found.get("end_device_ids"), "end_device_ids")
    application = _id(
        _object(ids.get("application_ids"), "application_ids").get("application_id"),
        "application_id",
    )
    device = _id(ids.get("device_id"), "device_id")
    try:
        return _uplink(found, application, device)
    except ReadingError as error:
        error.device = f"{application}/{device}"
        raise


def _uplink(found: Mapping[str, Any], application: str, device: str) -> Uplink:
    message = _object(found["uplink_message"], "uplink_message")
    settings = _object(message.get("settings", {}), "settings")
    session = message.get("session_key_id", "")
    if not isinstance(session, str) or _SESSION.fullmatch(session) is None:
        raise _form("session_key_id")
    payload = message.get("decoded_payload")
    if payload is None:
        raise ReadingError(
            "the uplink has no decoded_payload",
            code="uplink-payload",
            remedy="set a payload formatter for the device in The Things Stack",
        )
    gateway = settings.get("time")
    return Uplink(
        application=application,
        device=device,
        f_port=_whole(message.get("f_port", 0), "f_port", F_PORT_MAX),
        f_cnt=_whole(message.get("f_cnt", 0), "f_cnt", F_CNT_MAX),
        session=session,
        received_us=_instant(message.get("received_at", found.get("received_at")), "received_at"),
        measured_us=None if gateway is None else _instant(gateway, "settings.time"),
        payload=_object(payload, "decoded_payload"),
        simulated=_flag(found.get("simulated", False), "simulated"),
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_pairs,
        )
    except (ValueError, RecursionError) as error:
        raise ReadingError(
            f"not JSON: {str(error)[:200]}",
            code="uplink-json",
            remedy="choose the format JSON for the webhook",
        ) from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _object(found: Any, name: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise _form(name)
    return found


def _id(found: Any, name: str) -> str:
    if not isinstance(found, str) or len(found) > ID_MAX_CHARS or _ID.fullmatch(found) is None:
        raise _form(name)
    return found


def _whole(found: Any, name: str, most: int) -> int:
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
        raise _form(name)
    return found


def _flag(found: Any, name: str) -> bool:
    if not isinstance(found, bool):
        raise _form(name)
    return found


def _instant(found: Any, name: str) -> int:
    """RFC 3339 with up to nine digits after the point, in microseconds; finer ones are cut off."""
    match = _INSTANT.fullmatch(found) if isinstance(found, str) else None
    if match is None:
        raise _form(name)
    try:
        moment = dt.datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
        whole = (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise _form(name) from error
    return whole + int((match[2] or "0").ljust(6, "0")[:6])


def _form(name: str) -> ReadingError:
    return ReadingError(
        f"{name} is missing, or not as The Things Stack v3 writes it",
        code="uplink-form",
        remedy="point a webhook of The Things Stack v3 in the format JSON here",
    )
