"""Messages and tables of devices for the tests."""

import copy
import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from node.sensors.devices import parse_devices
from node.sensors.table import Device, Table
from schemas.catalogue import bundled
from schemas.model import Schema

ARVIEU, SEGUR = "fr-com-12011", "fr-com-12266"
MINUTE_US = 60 * 1_000_000
QUARTER_US = 15 * MINUTE_US
DAY_US = 24 * 60 * MINUTE_US

HEADER = (
    "application_id,device_id,participant,dataset,fixed,interval,cadence,time,f_port,"
    "field,column,mode,factor,offset,minimum,maximum"
)
WATER = f"""{HEADER}
eau,debit-1,{ARVIEU},eau-reseau,secteur_id=BOURG|lineaire_km=8.35,PT15M,,,,index_l,volume_m3,counter,0.001,,0,50
eau,debit-1,,,,,,,,meter.bar,pression_bar,,,-1.013,0,20
"""
COUNTS = f"""{HEADER}
velo,tube-1,{ARVIEU},comptage-mobilites,channel_id=tube-1,PT15M,PT1S,,,count,count,value,,,0,5000
"""


def schemas() -> Mapping[str, Schema]:
    known = bundled()
    return {name: found for name in known.names() if (found := known.latest(name)) is not None}


def table(text: str = WATER) -> Table:
    found, faults = parse_devices(text.encode(), schemas(), [ARVIEU, SEGUR])
    assert not faults, [fault.text("en") for fault in faults]
    return found


def device(text: str = WATER) -> Device:
    (found,) = table(text).devices.values()
    return found


def us(text: str) -> int:
    moment = dt.datetime.fromisoformat(text)
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def instant(at_us: int) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=at_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


MESSAGE: dict[str, Any] = {
    "end_device_ids": {
        "device_id": "debit-1",
        "application_ids": {"application_id": "eau"},
        "dev_eui": "70B3D57ED005B420",
        "join_eui": "0000000000000000",
        "dev_addr": "260B1234",
    },
    "correlation_ids": ["as:up:01HQ0000000000000000000000"],
    "received_at": "2026-11-26T10:07:30.123456789Z",
    "uplink_message": {
        "session_key_id": "AYfZ0b+Qp2Q=",
        "f_port": 2,
        "f_cnt": 42,
        "frm_payload": "AQID",
        "decoded_payload": {"index_l": 123456, "meter": {"bar": 5.25}, "battery": 3.6},
        "rx_metadata": [{"gateway_ids": {"gateway_id": "mairie"}, "rssi": -97, "snr": 7.5}],
        "settings": {
            "data_rate": {"lora": {"bandwidth": 125000, "spreading_factor": 9}},
            "frequency": "868100000",
            "time": "2026-11-26T10:07:29.900000Z",
        },
        "received_at": "2026-11-26T10:07:30.100000001Z",
        "consumed_airtime": "0.185344s",
    },
}


def message(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The message with members set by path; `...` removes one."""
    whole = copy.deepcopy(MESSAGE)
    for path, value in changes:
        *way, last = path.split(".")
        at: Any = whole
        for part in way:
            at = at.setdefault(part, {})
        if value is ...:
            del at[last]
        else:
            at[last] = value
    return whole


def body(*changes: tuple[str, Any]) -> bytes:
    return json.dumps(message(*changes)).encode()


def reading_body(
    at_us: int, payload: Mapping[str, Any], *, f_cnt: int = 1, of: str = "debit-1", app: str = "eau"
) -> bytes:
    """A message of a moment, as a device would cause it."""
    return body(
        ("end_device_ids.device_id", of),
        ("end_device_ids.application_ids.application_id", app),
        ("uplink_message.received_at", instant(at_us)),
        ("uplink_message.settings.time", instant(at_us)),
        ("received_at", instant(at_us)),
        ("uplink_message.f_cnt", f_cnt),
        ("uplink_message.decoded_payload", dict(payload)),
    )
