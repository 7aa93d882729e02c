"""Killed at any point, a store is as before the write or as after it. On both databases.

A child process kills itself (SIGKILL) at the moment at which SQLAlchemy is about to send a given
statement; the write is then looked at, and done again, by a fresh process.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from store_samples import DATASET, DAY, OWNER, draft, head, participant, publication

from node.store import Store, Write
from node.store.publications import void
from node.store.segments import digest_of

CONTENT = b"salt and rows"

CHILD = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from node.store import Store, segments
from test_store_crash import act

directory, url, action, moment = sys.argv[1:]
store = Store.open(Path(directory), url or None)
engine = store._database._writer

def die():
    os.kill(os.getpid(), signal.SIGKILL)

@event.listens_for(engine, "before_cursor_execute")
def statement(connection, cursor, text, parameters, context, executemany):
    if text.startswith(moment):
        die()

@event.listens_for(engine, "commit")
def commit(connection):
    if moment == "COMMIT":
        die()

act(store, action)
if moment == "END":
    die()
"""


def batch() -> Write:
    return Write(
        day=DAY,
        contents=(CONTENT,),
        publications=(publication(1, content_digest=digest_of(CONTENT)),),
        heads=(head(1),),
    )


def withdrawal() -> Write:
    return Write(day=DAY, voids=(publication(1).digest,), erasures=(digest_of(CONTENT),))


def act(store: Store, action: str) -> None:
    """What the child does, and what is done again after its death."""
    if action == "commit":
        store.commit(batch())
    elif action == "withdraw":
        store.commit(withdrawal())
    else:
        (made,) = store.own.next_drafts(OWNER)
        row = publication(1, content_digest=made.content_digest)
        store.own.sign_draft(made.id, row, ("hub",), head(1))


def killed_at(moment: str, action: str, data_dir: Path, url: str | None) -> None:
    child = subprocess.run(
        [sys.executable, "-c", CHILD, data_dir, url or "", action, moment],
        cwd=Path(__file__).parent,
        check=False,
        timeout=60,
    )
    assert child.returncode == -signal.SIGKILL


def segment(data_dir: Path) -> Path:
    return data_dir / "segments" / f"{DAY}.seg"


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        ("INSERT INTO content", 0),  # between the append and the SQL
        ("INSERT INTO publication", 0),
        ("INSERT INTO head", 0),
        ("COMMIT", 0),
        ("END", 1),
    ],
)
def test_a_batch_is_stored_as_a_whole_or_not(
    open_store: Callable[[], Store],
    data_dir: Path,
    url: str | None,
    moment: str,
    stored: int,
) -> None:
    open_store().close()
    killed_at(moment, "commit", data_dir, url)
    assert segment(data_dir).stat().st_size > 0
    store = open_store()
    assert [row.dataset for row in store.publications.heads()] == ([DATASET] if stored else [])
    assert len(store.publications.of(DATASET)) == stored
    assert store.contents.state(digest_of(CONTENT)) == ("live" if stored else None)
    done = store.commit(batch())
    assert done.contents_new == 1 - stored
    assert store.publications.heads() == [head(1)]
    assert store.publications.of(DATASET) == list(batch().publications)
    assert store.contents.get(digest_of(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        ("INSERT INTO publication", 0),
        ("INSERT INTO own_head", 0),
        ("INSERT INTO outbox", 0),
        ("UPDATE draft", 0),
        ("COMMIT", 0),
        ("END", 1),
    ],
)
def test_a_draft_is_signed_as_a_whole_or_not(
    open_store: Callable[[], Store],
    data_dir: Path,
    url: str | None,
    moment: str,
    stored: int,
) -> None:
    store = open_store()
    store.own.add_participant(participant())
    store.own.add_draft(draft(), CONTENT, day=DAY)
    store.close()
    killed_at(moment, "sign", data_dir, url)
    store = open_store()
    assert len(store.own.next_drafts(OWNER)) == 1 - stored
    for _ in range(2):
        assert len(store.publications.of(DATASET, everything=True)) == stored
        assert len(store.publications.own_heads()) == stored
        assert len(store.own.outbox_waiting("hub", OWNER)) == stored
        if not stored:
            act(store, "sign")
            stored = 1
    assert store.own.next_drafts(OWNER) == []


@pytest.mark.parametrize(
    ("moment", "void"),
    [
        ("UPDATE content SET state='erasing'", 0),
        ("UPDATE content SET state='erased'", 1),  # overwritten, and not yet said so
        ("END", 1),
    ],
)
def test_a_withdrawal_is_finished_by_the_next_start(
    open_store: Callable[[], Store],
    data_dir: Path,
    url: str | None,
    moment: str,
    void: int,
) -> None:
    store = open_store()
    store.commit(batch())
    store.close()
    killed_at(moment, "withdraw", data_dir, url)
    store = open_store()
    assert store.publications.get([publication(1).digest])[publication(1).digest].void == bool(void)
    assert (CONTENT not in segment(data_dir).read_bytes()) == bool(void)
    act(store, "withdraw")
    assert CONTENT not in segment(data_dir).read_bytes()
    assert store.contents.state(digest_of(CONTENT)) == "erased"
    assert store.status().erasures_pending == 0


def test_marked_contents_are_overwritten_at_the_next_start(
    open_store: Callable[[], Store], data_dir: Path
) -> None:
    store = open_store()
    store.commit(batch())
    with store._database.write() as connection:  # killed right after this
        void(connection, [publication(1).digest])
        store.contents.mark_erasing(connection, [digest_of(CONTENT)])
    store.close()
    assert CONTENT in segment(data_dir).read_bytes()
    assert open_store().contents.state(digest_of(CONTENT)) == "erased"
    assert CONTENT not in segment(data_dir).read_bytes()


@pytest.mark.slow
def test_a_writer_killed_at_any_time_leaves_whole_batches(
    open_store: Callable[[], Store], data_dir: Path, url: str | None
) -> None:
    open_store().close()
    child = (
        "import sys; from pathlib import Path; from node.store import Store, Write\n"
        "from store_samples import *; from node.store.segments import digest_of\n"
        "store = Store.open(Path(sys.argv[1]), sys.argv[2] or None)\n"
        "print(flush=True)\n"
        "for n in range(store.status().verdicts['accepted'] + 1, 10**9):\n"
        "    blob = b'%d' % n * 500\n"
        "    store.commit(Write(day=DAY, contents=(blob,), heads=(head(n),), publications=(\n"
        "        publication(n, content_digest=digest_of(blob)),)))\n"
    )
    for pause_s in (0.01, 0.05, 0.1, 0.15):
        process = subprocess.Popen(
            [sys.executable, "-c", child, data_dir, url or ""],
            cwd=Path(__file__).parent,
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        with process.stdout:
            assert process.stdout.readline() == b"\n"
            time.sleep(pause_s)
            process.kill()
        assert process.wait() == -signal.SIGKILL
        store = open_store()
        rows = store.publications.of(DATASET)
        last = store.publications.head(DATASET)
        assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
        assert (0 if last is None else last.sequence) == len(rows)
        contents = store.contents.many([row.content_digest or "" for row in rows])
        assert len(contents) == len(rows)
        store.close()
