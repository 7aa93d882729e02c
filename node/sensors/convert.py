"""From a message to a reading: the wanted fields, in the columns' units, or why not.

Values are rounded half to even to the column's own step, meters' readings too, before differences
are taken: so the differences of a meter add up to what it went on, exactly.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any, Final

from node.sensors.errors import ReadingError
from node.sensors.table import Device, FieldMap
from node.sensors.uplink import Uplink
from node.store.inbox import ReadingRow

_DAY_US: Final = 86_400_000_000
LATE_MAX_US: Final = 7 * _DAY_US
"""A reading may be handed in so late; one from before that has a clock that is wrong."""
EARLY_MAX_US: Final = 5 * 60 * 1_000_000
"""A clock may be so much ahead of this node's."""

_DIGITS_MAX: Final = 18
_EXACT: Final = Context(prec=80)


def reading_of(uplink: Uplink, device: Device, now_us: int) -> ReadingRow | None:
    """Take from a message what the table wants of it.

    Args:
        uplink: Of this device.
        device: As the table says.
        now_us: Microseconds since 1970.

    Returns:
        None if nothing is wanted of messages of this port.

    Raises:
        ReadingError: `time-range`, `field-missing`, `field-type`, `field-range`.
    """
    wanted = [one for one in device.fields if one.f_port in (None, uplink.f_port)]
    if not wanted:
        return None
    at = uplink.received_us
    if device.by_gateway and uplink.measured_us is not None:
        at = uplink.measured_us
    if not now_us - LATE_MAX_US <= at <= now_us + EARLY_MAX_US:
        raise ReadingError(
            "its time is more than 7 days ago, or in the future",
            code="time-range",
            remedy="check the clocks of the network server and of this machine",
            device=device.key,
        )
    columns = {}
    for one in wanted:
        try:
            columns[one.column] = str(value_of(uplink.payload, one))
        except ReadingError as error:
            error.device = device.key
            raise
    return ReadingRow(
        device=device.key,
        identity=uplink.identity,
        at=at,
        columns=columns,
        simulated=uplink.simulated,
        received_at=now_us,
    )


def value_of(payload: Mapping[str, Any], field: FieldMap) -> Decimal:
    """One value in its column's unit, at the column's step.

    Raises:
        ReadingError: `field-missing`, `field-type`, `field-range`.
    """
    name = ".".join(field.path)
    found: Any = payload
    for part in field.path:
        if not isinstance(found, dict) or found.get(part) is None:
            raise ReadingError(
                f"the field {name} is missing",
                code="field-missing",
                remedy="check the payload formatter, and the column field of devices.csv",
            )
        found = found[part]
    if not isinstance(found, int | Decimal):
        raise ReadingError(
            f"the field {name} is no number",
            code="field-type",
            remedy="check the payload formatter, and the column field of devices.csv",
        )
    number = Decimal(found)
    if number and abs(number.adjusted()) > _DIGITS_MAX:
        raise _absurd(name, field)
    value = _EXACT.add(_EXACT.multiply(number, field.factor), field.offset)
    value = value.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_EVEN, _EXACT)
    value += 0  # no negative zero
    if abs(value) >= Decimal(10) ** (_DIGITS_MAX - field.scale):
        raise _absurd(name, field)
    if not field.counter and not plausible(value, field):
        raise _absurd(name, field)
    return value


def plausible(value: Decimal, field: FieldMap) -> bool:
    """Whether a value, or a counter's difference, lies in the range that the table gives."""
    above = field.minimum is None or value >= field.minimum
    return above and (field.maximum is None or value <= field.maximum)


def _absurd(name: str, field: FieldMap) -> ReadingError:
    low = "" if field.minimum is None else f" from {field.minimum}"
    high = "" if field.maximum is None else f" to {field.maximum}"
    return ReadingError(
        f"the field {name} isn't plausible for {field.column}{low}{high}",
        code="field-range",
        remedy="check the sensor, and factor, minimum and maximum in devices.csv",
    )
