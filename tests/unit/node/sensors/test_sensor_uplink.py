"""The Things Stack's messages: read strictly where they are used, refused with a reason else."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sensor_samples import MESSAGE, body, us

from node.sensors.errors import ReadingError
from node.sensors.uplink import OTHER_EVENTS, UPLINK_MAX_BYTES, Ignored, Uplink, parse_uplink

FACTS = Path(__file__).parents[5] / "shared" / "reference" / "intl" / "ttn_v3_uplink.json"


def uplink(data: bytes) -> Uplink:
    found = parse_uplink(data)
    assert isinstance(found, Uplink)
    return found


def test_a_message_says_who_when_and_what() -> None:
    found = uplink(body())
    assert found.key == "eau/debit-1"
    assert (found.f_port, found.f_cnt, found.session) == (2, 42, "AYfZ0b+Qp2Q=")
    assert found.received_us == us("2026-11-26T10:07:30.100000+00:00")
    assert found.measured_us == us("2026-11-26T10:07:29.900000+00:00")
    assert found.payload["meter"] == {"bar": Decimal("5.25")}, "no binary fractions"
    assert not found.simulated


def test_what_the_stack_leaves_out_is_zero_or_unknown() -> None:
    found = uplink(
        body(
            ("uplink_message.f_port", ...),
            ("uplink_message.f_cnt", ...),
            ("uplink_message.session_key_id", ...),
            ("uplink_message.settings", ...),
            ("uplink_message.received_at", ...),
            ("simulated", True),
        )
    )
    assert (found.f_port, found.f_cnt, found.session, found.measured_us) == (0, 0, "", None)
    assert found.received_us == us("2026-11-26T10:07:30.123456+00:00")
    assert found.simulated


def test_handed_in_again_it_is_the_same_and_no_other_is() -> None:
    first = uplink(body())
    assert uplink(body()).identity == first.identity
    assert uplink(body(("correlation_ids", ["other"]))).identity == first.identity
    others = [
        ("uplink_message.f_cnt", 43),
        ("uplink_message.session_key_id", "AYfZ0b+Qp2R="),
        ("uplink_message.received_at", "2026-11-26T10:07:31Z"),
    ]
    assert all(uplink(body(one)).identity != first.identity for one in others)


@pytest.mark.parametrize("event", sorted(OTHER_EVENTS))
def test_events_without_a_reading_are_acknowledged(event: str) -> None:
    data = {name: value for name, value in MESSAGE.items() if name != "uplink_message"}
    assert parse_uplink(json.dumps(data | {event: {}}).encode()) == Ignored(event)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "uplink-json"),
        (b"{", "uplink-json"),
        (b"\xff{}", "uplink-json"),
        (b'{"a": NaN}', "uplink-json"),
        (b'{"a": 1, "a": 2}', "uplink-json"),
        (b"[" * 100_000, "uplink-json"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "uplink-json"),
        (b"[]", "uplink-form"),
        (b"{}", "uplink-event"),
        (b'{"something_else": {}}', "uplink-event"),
        (b" " * (UPLINK_MAX_BYTES + 1), "uplink-size"),
    ],
)
def test_what_is_no_message_is_told_so(data: bytes, code: str) -> None:
    with pytest.raises(ReadingError) as caught:
        parse_uplink(data)
    assert caught.value.code == code
    assert caught.value.device == ""
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("end_device_ids", ..., "uplink-form"),
        ("end_device_ids.device_id", "../../x", "uplink-form"),
        ("end_device_ids.device_id", "a" * 37, "uplink-form"),
        ("end_device_ids.device_id", 7, "uplink-form"),
        ("end_device_ids.application_ids", {}, "uplink-form"),
        ("uplink_message", [], "uplink-form"),
        ("uplink_message.f_port", 256, "uplink-form"),
        ("uplink_message.f_port", True, "uplink-form"),
        ("uplink_message.f_cnt", -1, "uplink-form"),
        ("uplink_message.f_cnt", 1.5, "uplink-form"),
        ("uplink_message.session_key_id", "<script>", "uplink-form"),
        ("uplink_message.session_key_id", "a" * 65, "uplink-form"),
        ("uplink_message.received_at", "yesterday", "uplink-form"),
        ("uplink_message.received_at", "2026-13-26T10:07:30Z", "uplink-form"),
        ("uplink_message.received_at", "0001-01-01T00:00:00+23:59", None),
        ("uplink_message.settings", "x", "uplink-form"),
        ("uplink_message.settings.time", 5, "uplink-form"),
        ("uplink_message.decoded_payload", ..., "uplink-payload"),
        ("uplink_message.decoded_payload", [1], "uplink-form"),
        ("simulated", "yes", "uplink-form"),
    ],
)
def test_a_member_that_is_used_has_its_form(path: str, value: Any, code: str | None) -> None:
    if code is None:  # absurd, but a time; whether it is plausible is asked later
        parse_uplink(body((path, value)))
        return
    with pytest.raises(ReadingError) as caught:
        parse_uplink(body((path, value)))
    assert caught.value.code == code
    named = not path.startswith("end_device_ids") and path != "uplink_message"
    assert caught.value.device == ("eau/debit-1" if named else caught.value.device)


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["uplink_message", "end_device_ids", "device_id", "x"]),
                inner,
                max_size=3,
            )
        ),
        max_leaves=12,
    ).map(lambda found: json.dumps(found).encode())
)
def test_anything_gives_a_message_or_the_one_error(data: bytes) -> None:
    try:
        found = parse_uplink(data)
    except ReadingError:
        return
    assert isinstance(found, Uplink | Ignored)


def test_every_field_that_the_stack_documents_may_be_there() -> None:
    """A message with every member of the facts, each of its type."""
    if not FACTS.exists():
        pytest.skip(f"NOT CHECKED: {FACTS.name} is not here (../shared is missing)")
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    values: dict[str, Any] = {
        "string": "a-1",
        "string hex16": "70B3D57ED005B420",
        "string hex8": "260B1234",
        "bytes": "AQID",
        "base64": "AQID",
        "integer": 7,
        "date-time": "2026-11-26T10:07:30.123456789Z",
        "object": {},
        "map": {},
        "boolean": False,
        "number": 0.5,
        'string "1.48s"': "1.48s",
    }
    whole: dict[str, Any] = {}
    for field in facts["fields"]:
        *way, last = field["name"].removesuffix("{}").split(".")
        at = whole
        for part in way:
            at = at.setdefault(part, {})
        value = values[field["type"]]
        at[last.removesuffix("[]")] = [value] if last.endswith("[]") else value
    found = uplink(json.dumps(whole).encode())
    assert (found.key, found.f_port, found.f_cnt, found.session) == ("a-1/a-1", 7, 7, "AQID")
