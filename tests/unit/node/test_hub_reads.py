"""The read service and the live tail of a real hub."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest
from hub_world import ARVIEU, CANET, A, B, hub_world, message, numbered, until
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError
from node.hub.reads import (
    WAITING_MAX_PER_CALLER,
    answer_headers,
    check_documents,
    check_range,
)
from node.link.errors import NotPermittedError, ReadError, UnconfirmedError
from node.link.limits import READ_MAX_MESSAGES, READ_REQUEST_MAX_BYTES
from node.link.link import TailMessage
from node.link.protocol import Reply
from node.link.reading import Page, is_last, read_page
from node.link.stored import StoredMessage


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- who may read what ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "subject",
    [
        f"{A}.pub.s._",
        f"{A}.pub.>",
        "mlg.1.z.*.*.pub.>",
        "mlg.1.z.fr-12.*.pub.s.*",
        f"mlg.1.z.*.*.for.{CANET}.>",
        f"{A}.for.{CANET}.s._",
    ],
)
def test_what_b_may_read(subject: str):
    check_range(subject, CANET)


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (f"{A}.for.{ARVIEU}.s._", "not-allowed"),
        (f"{A}.for.*.s._", "not-allowed"),
        (f"{A}.for.>", "not-allowed"),
        (f"{A}.for.{CANET}x.s._", "not-allowed"),
        (f"{A}.fwd.{CANET}", "not-allowed"),
        (f"{A}.rcpt.{CANET}", "not-allowed"),
        (f"{A}.*.s._", "not-allowed"),
        (f"{A}.>", "subject"),
        ("mlg.1.z.>", "subject"),
        (">", "subject"),
        ("", "subject"),
        ("mlg.1.z.*.*.pub", "subject"),
        ("mlg.1.z.>.*.pub.x", "subject"),
        ("mlg.1.z.*.*.pub..x", "subject"),
        ("mlg.1.z.*.*.pub.x y", "subject"),
        ("mlg.2.z.*.*.pub.x", "subject"),
        ("*.1.z.*.*.pub.x", "subject"),
    ],
)
def test_what_b_may_not_read(subject: str, code: str):
    with pytest.raises(MalformedError) as caught:
        check_range(subject, CANET)
    assert caught.value.code == code


@pytest.mark.parametrize("kind", ["pub", "for", "rcpt", "ask", "fwd", "*", ">"])
def test_only_documents_are_listed(kind: str):
    check_documents("mlg.1.z.*.*.doc.>")
    with pytest.raises(MalformedError):
        check_documents(f"mlg.1.z.*.*.{kind}.x")


@given(st.lists(st.sampled_from(["mlg", "1", "z", "*", ">", "pub", "for", "doc", CANET, "x"])))
def test_nothing_but_publications_and_the_own_passes(tokens: list[str]):
    subject = ".".join(tokens)
    try:
        check_range(subject, CANET)
    except MalformedError:
        return
    assert tokens[:3] == ["mlg", "1", "z"]
    assert tokens[5] == "pub" or tokens[5:7] == ["for", CANET]


def test_a_publisher_cannot_write_the_service_s_own_headers():
    stored = StoredMessage(
        "s", {"Maillage-Read": "end", "maillage-read-subject": "x", "b c": "1", "ok": "2"}, b"", 7
    )
    assert answer_headers(stored, 3) == {
        "ok": "2",
        "Maillage-Read": "3",
        "Maillage-Read-Subject": "s",
        "Maillage-Read-Sequence": "7",
    }


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"count":1,"next":null}', b'{"count":0,"next":"x"}', b'{"count":0}'],
)
def test_an_incomplete_answer_is_no_answer(body: bytes):
    end = Reply(None, {"Maillage-Read": "end"}, body)
    assert is_last(end)
    with pytest.raises(UnconfirmedError):
        read_page([end])


def test_an_empty_answer():
    end = Reply(None, {"Maillage-Read": "end"}, b'{"count":0,"next":null}')
    assert read_page([end]) == Page((), None)


# -- a real hub -----------------------------------------------------------------------------------


async def test_a_range_is_read_in_pages(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.link("b") as b:
            sent = [message(A, str(n), to=f"pub.s.{'xy'[n % 2]}") for n in range(1_200)]
            await a.publish(A, sent, 0)
            found: list[StoredMessage] = []
            after: int | None = 0
            while after is not None:
                page = await b.read_range(B, f"{A}.pub.s.x", after=after, limit=250)
                assert len(page.messages) <= 250
                found += page.messages
                after = page.next
            assert [int(m.body) for m in found] == list(range(0, 1_200, 2))
            assert {m.subject for m in found} == {f"{A}.pub.s.x"}
            assert [m.stream_sequence for m in found] == list(range(1, 1_201, 2))
            assert await b.read_range(B, f"{A}.pub.s.x", after=1_199) == Page((), None)
            assert await b.read_range(B, f"{A}.pub.other._") == Page((), None)
            last = await b.read_range(B, f"{A}.pub.s.x", after=1_197)
            assert ([int(m.body) for m in last.messages], last.next) == ([1_198], None)


async def test_large_messages_come_in_bounded_pages_and_unchanged(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            parts = [
                message(
                    A, bytes([n]) * 524_288, Maillage_Manifest="j" * 32_000, Maillage_Part=f"{n}/20"
                )
                for n in range(20)
            ]
            await a.publish(A, parts, 0)
            page = await a.read_range(A, f"{A}.pub.s._")
            assert 1 < len(page.messages) < 20
            rest = await a.read_range(A, f"{A}.pub.s._", after=page.next or 0, limit=1)
            found = [*page.messages, *rest.messages]
            for one, sent in zip(found, parts, strict=False):
                assert (one.body, dict(one.headers)) == (sent.body, dict(sent.headers))


async def test_what_is_for_one_is_read_by_that_one(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        await world.enrol("c", "fr-com-12001")
        async with world.link("a") as a, world.link("b") as b, world.link("c") as c:
            await a.publish(A, [message(A, "secret", to=f"for.{CANET}.s._")], 0)
            page = await b.read_range(B, f"mlg.1.z.*.*.for.{CANET}.>")
            assert [m.body for m in page.messages] == [b"secret"]
            own = "mlg.1.z.fr-12.fr-com-12001"
            for subject in (f"{A}.for.{CANET}.s._", f"{A}.for.>", f"{A}.rcpt.{CANET}"):
                with pytest.raises(ReadError) as caught:
                    await c.read_range(own, subject)
                assert caught.value.code == "not-allowed"


async def test_documents_are_found_by_digest_and_pattern(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.link("b") as b:
            schema = b'{"name":"comptage"}'
            assert await b.read_document(B, sha(schema)) is None
            await a.publish_document(f"{A}.doc.schema.{sha(schema)}", {}, schema)
            signing_input = "eyJ0eXAi.eyJwYXJ0"
            jws = {"Maillage-Manifest": f"{signing_input}.c2lnbmF0dXJl"}
            await a.publish_document(f"{A}.doc.identity", jws, b"")
            await b.publish_document(f"{B}.doc.identity", {}, b"old")
            found = await b.read_document(B, sha(schema))
            assert found is not None
            assert (found.subject, found.body) == (f"{A}.doc.schema.{sha(schema)}", schema)
            signed = await b.read_document(B, sha(signing_input.encode()))
            assert signed is not None
            assert signed.headers["Maillage-Manifest"] == jws["Maillage-Manifest"]
            assert await b.read_document(B, sha(b"")) is None  # an empty body is no document
            assert (await b.read_document(B, sha(b"old"))) is not None
            await b.publish_document(f"{B}.doc.identity", {}, b"new")  # replaces the old one
            assert await b.read_document(B, sha(b"old")) is None
            assert (await b.read_document(B, sha(b"new"))) is not None
            signed_by_many = b'{"payload":"eyJhIjoxfQ","signatures":[]}'
            await b.publish_document(f"{B}.doc.charter.c", {}, signed_by_many)
            charter = await a.read_document(A, sha(b'{"a":1}'))  # its payload's digest
            assert charter is not None
            assert charter.body == signed_by_many
            page = await a.read_documents(A, "mlg.1.z.*.*.doc.identity")
            assert [(m.subject, m.body) for m in page.messages] == [
                (f"{A}.doc.identity", b""),
                (f"{B}.doc.identity", b"new"),
            ]
            first = await a.read_documents(A, "mlg.1.z.*.*.doc.>", limit=1)
            assert (len(first.messages), first.next) == (1, 1)


async def test_receipts_come_to_their_owner_only(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.link("b") as b:
            for body in (b"1", b"2"):
                await b.publish_document(f"{B}.rcpt.{ARVIEU}", {}, body)
            page = await a.read_receipts(A)
            assert [m.body for m in page.messages] == [b"2"]
            assert await b.read_receipts(B) == Page((), None)


BAD: list[tuple[str, bytes, str]] = [
    ("range", b"", "json"),
    ("range", b"nonsense", "json"),
    ("range", b"[" * 4_000, "json"),
    ("range", b"\xff", "json"),
    ("range", b"[]", "json"),
    ("range", b"{}", "document"),
    ("range", b'{"subject":1}', "document"),
    ("range", b'{"subject":"a","subject":"b"}', "json-duplicate-key"),
    ("range", b'{"subject":"a","more":1}', "document"),
    ("range", b'{"subject":"a","after":-1}', "document"),
    ("range", b'{"subject":"a","after":1e3}', "json-number"),
    ("range", b'{"subject":"a","after":NaN}', "json-number"),
    ("range", b'{"subject":"a","after":99999999999999999999}', "document"),
    ("range", b'{"subject":"a","limit":0}', "document"),
    ("range", b'{"subject":"a","limit":100000}', "document"),
    ("range", b'{"subject":"a","limit":true}', "document"),
    ("range", json.dumps({"subject": "a" * 401}).encode(), "document"),
    ("range", b" " * (READ_REQUEST_MAX_BYTES + 1), "request-size"),
    ("document", b'{"digest":"abc"}', "document"),
    ("document", json.dumps({"digest": "0" * 64}).encode(), "not-found"),
    ("document", json.dumps({"digest": "G" * 64}).encode(), "document"),
    ("documents", b'{"pattern":"mlg.1.z.*.*.rcpt.>"}', "not-allowed"),
    ("receipts", b'{"owner":"x"}', "document"),
    ("purge", b"{}", "operation"),
    ("*", b"{}", "operation"),
]


async def test_every_bad_request_is_answered_and_the_service_goes_on(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            client = a._connection.client
            for operation, body, code in BAD:
                subject = f"mlg.1.read.fr-12.{ARVIEU}.{operation}"
                reply = await client.ask(subject, body, timeout_s=3)
                assert reply.headers["Maillage-Read"] == "error"
                said = json.loads(reply.body)
                assert said["code"] == code, (operation, body[:60], said)
                assert said["message"]
            await client.publish(f"mlg.1.read.fr-12.{ARVIEU}.range", b"{}")  # nobody to answer
            await a.publish(A, numbered(A, 1), 0)
            assert len((await a.read_range(A, f"{A}.pub.s._")).messages) == 1


async def test_one_caller_cannot_take_all_the_time(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.link("b") as b:
            await a.publish(A, numbered(A, 2_000), 0)
            many = [
                asyncio.create_task(a.read_range(A, f"{A}.pub.s._"))
                for _ in range(5 * WAITING_MAX_PER_CALLER)
            ]
            page = await b.read_range(B, f"{A}.pub.s._", limit=3)
            assert len(page.messages) == 3
            done = await asyncio.gather(*many, return_exceptions=True)
            answered = [one for one in done if isinstance(one, Page)]
            assert len(answered) >= WAITING_MAX_PER_CALLER
            assert all(len(one.messages) == READ_MAX_MESSAGES for one in answered)
            for one in done:
                assert isinstance(one, Page) or (isinstance(one, ReadError) and one.code == "busy")


async def test_the_tail_brings_what_one_may_hear_as_it_is_stored(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        await world.enrol("b", CANET)
        async with world.link("a") as a, world.link("b") as b:
            heard: list[TailMessage] = []

            async def hear(tail: TailMessage) -> None:
                heard.append(tail)

            for pattern in (
                "mlg.1.z.*.*.pub.>",
                "mlg.1.z.*.*.doc.>",
                f"mlg.1.z.*.*.for.{CANET}.>",
                f"mlg.1.z.*.*.rcpt.{CANET}",
            ):
                await b.subscribe_tail(pattern, hear)
            await a.publish(
                A, [message(A, "1", k="v"), message(A, "2"), message(A, "3", to="pub.t._")], 0
            )
            await a.publish(A, [message(A, "4", to=f"for.{CANET}.s._")], 3)
            await a.publish(A, [message(A, "no", to="for.fr-com-12001.s._")], 4)
            await a.publish_document(f"{A}.doc.identity", {}, b"5")
            await a.publish_document(f"{A}.rcpt.{CANET}", {}, b"6")
            await a.publish_document(f"{A}.rcpt.fr-com-12001", {}, b"no")
            await a.publish(A, numbered(A, 20, first=100), 5)  # a batch comes as well
            await until(lambda: len(heard) == 26)
            assert [t.message.body for t in heard[:6]] == [b"%d" % n for n in range(1, 7)]
            assert [t.message.body for t in heard[6:]] == [b"%d" % n for n in range(100, 120)]
            assert [(t.message.stream_sequence, t.previous) for t in heard[:3]] == [
                (1, 0),
                (2, 1),
                (3, 0),
            ]
            assert dict(heard[0].message.headers) == {"k": "v"}
            assert heard[0].message.subject == f"{A}.pub.s._"


async def test_the_tail_ends_when_asked_and_refuses_what_is_not_for_one(tmp_path: Path):
    async with hub_world(tmp_path) as world:
        await world.enrol("a", ARVIEU)
        async with world.link("a") as a:
            heard: list[bytes] = []

            async def hear(tail: TailMessage) -> None:
                heard.append(tail.message.body)
                if tail.message.body == b"0":
                    raise RuntimeError("a callback that fails")

            for pattern in (f"mlg.1.z.*.*.for.{CANET}.>", "mlg.1.z.>", "mlg.1.z.*.*.rcpt.*"):
                with pytest.raises(NotPermittedError):
                    await a.subscribe_tail(pattern, hear)
            with pytest.raises(ValueError, match="begin"):
                await a.subscribe_tail("mlg.1.tail.>", hear)
            stop = await a.subscribe_tail("mlg.1.z.*.*.pub.>", hear)
            await a.publish(A, numbered(A, 2), 0)
            await until(lambda: heard == [b"0", b"1"])
            await stop()
            await a.publish(A, numbered(A, 1), 2)
            await a.last_own(A)
            assert heard == [b"0", b"1"]
