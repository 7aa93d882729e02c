"""Segment files: what was appended is read, or said to be corrupt or erased; nothing else."""

import os
import resource
import signal
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from node.store.errors import CorruptContentError, ErasedContentError
from node.store.segments import GROUP_BYTES, HEADER, Appended, Place, Segments, digest_of

DAY = date(2026, 3, 2)
NEXT = date(2026, 3, 3)


@pytest.fixture
def segments(tmp_path: Path) -> Segments:
    return Segments(tmp_path / "segments")


def append(segments: Segments, *blobs: bytes, day: date = DAY) -> Appended:
    return segments.append(day, {digest_of(blob): blob for blob in blobs})


def read(segments: Segments, places: Sequence[Place]) -> dict[str, bytes]:
    return dict(segments.read(places))


def test_contents_of_several_days_are_read_back(segments: Segments) -> None:
    blobs = [b"one", b"", b"three" * 100]
    places = append(segments, *blobs).places + append(segments, b"four", day=NEXT).places
    assert [place.segment for place in places] == ["2026-03-02"] * 3 + ["2026-03-03"]
    assert read(segments, places) == {digest_of(blob): blob for blob in [*blobs, b"four"]}


def test_an_append_goes_behind_the_last_one_of_another_process(segments: Segments) -> None:
    first = append(segments, b"one")
    second = append(Segments(segments.path("2026-03-02").parent), b"two")
    third = append(segments, b"three")
    assert first.end == second.start
    assert second.end == third.start
    assert len(read(segments, first.places + second.places + third.places)) == 3


def test_contents_larger_than_a_group_are_whole(segments: Segments) -> None:
    blobs = [os.urandom(GROUP_BYTES // 2 + 1) for _ in range(3)] + [os.urandom(GROUP_BYTES + 7)]
    appended = append(segments, *blobs)
    assert appended.end == sum(HEADER.size + len(blob) for blob in blobs)
    assert read(segments, appended.places) == {digest_of(blob): blob for blob in blobs}


def test_files_are_closed_to_others(segments: Segments) -> None:
    append(segments, b"one")
    path = segments.path("2026-03-02")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_changed_byte_is_found(segments: Segments) -> None:
    place = append(segments, b"before", b"content", b"behind").places[1]
    path = segments.path(place.segment)
    good = path.read_bytes()
    for at in range(place.position, place.position + HEADER.size + place.size):
        path.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        with pytest.raises(CorruptContentError) as caught:
            read(segments, [place])
        assert (caught.value.file, caught.value.position_bytes) == (str(path), place.position)
        assert place.digest in str(caught.value)


def test_a_cut_or_missing_file_is_corrupt(segments: Segments) -> None:
    place = append(segments, b"content").places[0]
    path = segments.path(place.segment)
    for size in (HEADER.size + 3, HEADER.size, 10, 0):
        os.truncate(path, size)
        with pytest.raises(CorruptContentError):
            read(segments, [place])
    path.unlink()
    with pytest.raises(CorruptContentError, match="missing"):
        read(segments, [place])
    with pytest.raises(CorruptContentError, match="missing"):
        segments.erase(place)


def test_an_erased_content_leaves_no_byte(segments: Segments) -> None:
    secret = b"who lives where"
    places = append(segments, b"before", secret, b"behind").places
    for _ in range(2):  # twice is once
        segments.erase(places[1])
        with pytest.raises(ErasedContentError):
            read(segments, [places[1]])
    assert secret not in segments.path("2026-03-02").read_bytes()
    assert len(read(segments, [places[0], places[2]])) == 2


def test_erasing_a_large_content_is_done_in_pieces(segments: Segments) -> None:
    before, place, behind = append(segments, b"a", b"\xff" * 2_500_000, b"b").places
    segments.erase(place)
    bytes_now = segments.path("2026-03-02").read_bytes()
    assert b"\xff" * 33 not in bytes_now  # no digest is that long
    assert len(read(segments, [before, behind])) == 2


def test_nothing_is_erased_at_a_place_that_holds_something_else(segments: Segments) -> None:
    place = append(segments, b"content").places[0]
    for wrong in (
        Place(digest_of(b"other"), place.segment, place.position, place.size),
        Place(place.digest, place.segment, place.position, place.size - 1),
        Place(place.digest, place.segment, place.position + 1, place.size),
    ):
        with pytest.raises(CorruptContentError):
            segments.erase(wrong)
    assert read(segments, [place]) == {place.digest: b"content"}


def test_undo_cuts_off_the_last_append_only(segments: Segments) -> None:
    first = append(segments, b"one")
    second = append(segments, b"two")
    segments.undo(first)  # something lies behind it: left
    assert len(read(segments, first.places + second.places)) == 2
    segments.undo(second)
    assert segments.path("2026-03-02").stat().st_size == first.end
    assert append(segments, b"two").places == second.places


def test_bytes_of_a_killed_append_are_passed_over(segments: Segments) -> None:
    first = append(segments, b"one")
    with segments.path("2026-03-02").open("ab") as file:
        file.write(b"MLG1 half a record")
    second = append(segments, b"two")
    assert len(read(segments, first.places + second.places)) == 2


@contextmanager
def _no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_leaves_the_file_as_it_was(segments: Segments) -> None:
    first = append(segments, b"one")
    with _no_file_larger_than(1_000), pytest.raises(OSError, match="File too large"):
        append(segments, b"x" * 10_000)
    assert segments.path("2026-03-02").stat().st_size == first.end
    second = append(segments, b"x" * 10_000)
    assert len(read(segments, first.places + second.places)) == 2


class SegmentsMachine(RuleBasedStateMachine):
    """Any order of appends, erasures, crashes and restarts, beside a dictionary."""

    places = Bundle("places")

    def __init__(self) -> None:
        super().__init__()
        self.directory = TemporaryDirectory()
        self.root = Path(self.directory.name) / "segments"
        self.segments = Segments(self.root)
        self.live: dict[Place, bytes] = {}
        self.erased: set[Place] = set()

    def teardown(self) -> None:
        self.directory.cleanup()

    @rule(
        target=places,
        day=st.sampled_from([DAY, NEXT]),
        blobs=st.lists(st.binary(max_size=80), max_size=4, unique=True),
    )
    def append(self, day: date, blobs: list[bytes]) -> object:
        appended = append(self.segments, *blobs, day=day)
        self.live.update(zip(appended.places, blobs, strict=True))
        return multiple(*appended.places)

    @rule(day=st.sampled_from([DAY, NEXT]), blob=st.binary(max_size=80))
    def append_and_undo(self, day: date, blob: bytes) -> None:
        self.segments.undo(append(self.segments, blob, day=day))

    @rule(place=consumes(places))
    def erase(self, place: Place) -> None:
        self.segments.erase(place)
        self.erased.add(place)
        self.live.pop(place, None)

    @rule(day=st.sampled_from([DAY, NEXT]), torn=st.binary(min_size=1, max_size=60))
    def crash(self, day: date, torn: bytes) -> None:
        with self.segments.path(day.isoformat()).open("ab") as file:
            file.write(torn)
        self.segments = Segments(self.root)

    @invariant()
    def reads_what_is_live(self) -> None:
        for place, blob in self.live.items():
            assert read(self.segments, [place]) == {place.digest: blob}
        for place in self.erased:
            with pytest.raises(ErasedContentError):
                read(self.segments, [place])


SegmentsMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
test_any_order_of_steps = SegmentsMachine.TestCase


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(max_size=200), position=st.integers(0, 250), size=st.integers(0, 250))
def test_noise_is_never_taken_for_a_content(noise: bytes, position: int, size: int) -> None:
    with TemporaryDirectory() as directory:
        segments = Segments(Path(directory) / "segments")
        segments.path("2026-03-02").write_bytes(noise)
        place = Place(digest_of(b"wanted"), "2026-03-02", position, size)
        with pytest.raises(CorruptContentError):
            read(segments, [place])
