"""The broker's configuration and the members that it follows from."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pki_world import Authority

from federation.errors import MaillageError, MalformedError, StateError, UnknownError
from node.broker import Broker, BrokerError, check_config
from node.hub.config import (
    HubPaths,
    HubSettings,
    Member,
    Tls,
    WebSocket,
    hub_conf,
    member_permissions,
    members_conf,
    quote,
    reader_permissions,
)
from node.hub.members import (
    ENROLMENT_MAX_BYTES,
    MemberFile,
    parse_enrolment,
    parse_node,
    with_member,
    without_member,
    write_atomically,
    write_enrolment,
)
from node.link.nkey import create_seed, is_public_key, public_key

ARVIEU, CANET, EPCI = "fr-com-12011", "fr-com-12047", "fr-epci-241200765"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("keys")
    return [create_seed(folder / str(number)) for number in range(8)]


def prepare(folder: Path) -> HubPaths:
    paths = HubPaths(folder)
    for needed in (paths.run_dir, paths.store_dir, paths.admin_key.parent):
        needed.mkdir(parents=True)
    create_seed(paths.admin_key)
    return paths


# -- keys -----------------------------------------------------------------------------------------


def test_a_seed_is_private_and_never_overwritten(tmp_path: Path):
    public = create_seed(tmp_path / "a.nk")
    assert stat.S_IMODE((tmp_path / "a.nk").stat().st_mode) == 0o600
    assert is_public_key(public)
    assert public_key(tmp_path / "a.nk") == public
    with pytest.raises(FileExistsError):
        create_seed(tmp_path / "a.nk")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"SUAHBA55", b"\xff" * 58, b"S" * 58])
def test_a_damaged_seed_is_said(tmp_path: Path, content: bytes):
    (tmp_path / "a.nk").write_bytes(content)
    with pytest.raises(MalformedError) as caught:
        public_key(tmp_path / "a.nk")
    assert caught.value.code == "nkey-seed"


def test_a_public_key_has_a_checksum(keys: list[str]):
    good = keys[0]
    for at in range(len(good)):
        other = "A" if good[at] != "A" else "B"
        assert not is_public_key(good[:at] + other + good[at + 1 :])
    for bad in ("", good.lower(), good[:-1], good + "A", "U" * 56, "é" * 56):
        assert not is_public_key(bad)


# -- text -----------------------------------------------------------------------------------------


def test_permissions_are_the_union_over_the_participants(keys: list[str]):
    found = member_permissions(Member("a", keys[0], None, (ARVIEU, EPCI)))
    assert found == {
        "publish": {
            "allow": [
                "mlg.1.z.fr-12.fr-com-12011.>",
                "mlg.1.read.fr-12.fr-com-12011.>",
                "$JS.API.DIRECT.GET.PUB.mlg.1.z.fr-12.fr-com-12011.>",
                "mlg.1.z.fr.fr-epci-241200765.>",
                "mlg.1.read.fr.fr-epci-241200765.>",
                "$JS.API.DIRECT.GET.PUB.mlg.1.z.fr.fr-epci-241200765.>",
            ]
        },
        "subscribe": {
            "allow": [
                "_INBOX.a.>",
                "mlg.1.tail.*.*.pub.>",
                "mlg.1.tail.*.*.doc.>",
                "mlg.1.tail.*.*.for.fr-com-12011.>",
                "mlg.1.tail.*.*.rcpt.fr-com-12011",
                "mlg.1.tail.*.*.ask.fr-com-12011",
                "mlg.1.tail.*.*.for.fr-epci-241200765.>",
                "mlg.1.tail.*.*.rcpt.fr-epci-241200765",
                "mlg.1.tail.*.*.ask.fr-epci-241200765",
            ]
        },
    }


def test_a_reader_reaches_its_own_durables_only():
    allowed = reader_permissions("a")
    assert allowed["subscribe"] == {"allow": ["_INBOX.a.>"]}
    for subject in allowed["publish"]["allow"]:
        assert subject.rpartition(".a")[2] in {"", ".>"}
        assert subject.startswith(("$JS.API.CONSUMER.", "$JS.ACK."))
        assert "*" not in subject


@pytest.mark.parametrize("count", [0, 1, 300])
def test_the_broker_takes_it(tmp_path: Path, keys: list[str], count: int):
    paths = prepare(tmp_path / "hub")
    fresh = [create_seed(tmp_path / str(n)) for n in range(2 * count)]
    members = [
        Member(f"n-{n}", fresh[2 * n], fresh[2 * n + 1], (f"fr-com-{12000 + n}",))
        for n in range(count)
    ]
    paths.members_conf.write_text(members_conf(members))
    paths.hub_conf.write_text(hub_conf(HubSettings(), paths, keys[2]))
    check_config(paths.hub_conf)


def test_it_listens_on_the_loopback_unless_told_otherwise(tmp_path: Path, keys: list[str]):
    paths = HubPaths(tmp_path)
    assert 'listen: "127.0.0.1:4222"' in hub_conf(HubSettings(), paths, keys[0])
    assert 'listen: "[::1]:1"' in hub_conf(HubSettings(host="::1", port=1), paths, keys[0])
    assert "tls {" not in hub_conf(HubSettings(), paths, keys[0])
    secured = hub_conf(HubSettings(tls=Tls(Path("/a b.pem"), Path("/k.pem"))), paths, keys[0])
    assert 'tls { cert_file: "/a b.pem", key_file: "/k.pem" }' in secured
    assert "sync_interval: always" in secured


def test_the_second_listener_has_tls_or_says_that_it_has_none(tmp_path: Path, keys: list[str]):
    paths = prepare(tmp_path / "hub")
    paths.members_conf.write_text(members_conf([]))
    tls = Authority.make(tmp_path, "CA").issue(tmp_path, "localhost")
    for websocket, line in (
        (WebSocket(0), "no_tls: true"),
        (WebSocket(443, "::1", tls), f'tls {{ cert_file: "{tls.certificate}"'),
    ):
        text = hub_conf(HubSettings(websocket=websocket), paths, keys[2])
        assert line in text.partition("websocket {")[2].partition("\n}\n")[0]
        assert "same_origin: true" in text
        paths.hub_conf.write_text(text)
        check_config(paths.hub_conf)
    assert 'listen: "[::1]:443"' in text
    assert "websocket" not in hub_conf(HubSettings(), paths, keys[2])


async def test_odd_folder_names_are_quoted(tmp_path: Path, keys: list[str]):
    paths = prepare(tmp_path / 'données "du" hub \\ $HOME # 1')
    paths.members_conf.write_text(members_conf([]))
    paths.hub_conf.write_text(hub_conf(HubSettings(port=0), paths, keys[2]))
    async with Broker(paths.hub_conf, paths.run_dir):
        assert any(paths.store_dir.iterdir())


def test_control_characters_are_refused():
    with pytest.raises(MalformedError) as caught:
        quote("a\nb")
    assert caught.value.code == "config-text"


# -- enrolments -----------------------------------------------------------------------------------


def test_an_enrolment_is_read_as_written(keys: list[str]):
    member = Member("a-1", keys[0], keys[1], (ARVIEU, EPCI))
    assert parse_enrolment(write_enrolment(member)) == member
    single = Member("a", keys[0], None, (ARVIEU,))
    assert parse_enrolment(write_enrolment(single)) == single


BAD: list[tuple[str, dict[str, object], str]] = [
    ("version", {"enrolment": 2}, "document"),
    ("version as text", {"enrolment": "1"}, "document"),
    ("more", {"extra": 1}, "document"),
    ("no participants", {"participants": []}, "document"),
    ("participants no list", {"participants": ARVIEU}, "document"),
    ("participant no id", {"participants": ["arvieu"]}, "document"),
    ("participant wildcard", {"participants": ["*"]}, "document"),
    ("participant twice", {"participants": [ARVIEU, ARVIEU]}, "enrolment"),
    ("participant number", {"participants": [1]}, "document"),
    ("node wildcard", {"node": "*"}, "document"),
    ("node dotted", {"node": "a.b"}, "document"),
    ("node upper", {"node": "A"}, "document"),
    ("node empty", {"node": ""}, "document"),
    ("node long", {"node": "a" * 49}, "document"),
    ("nkey none", {"nkey": None}, "json"),
    (
        "nkey a seed",
        {"nkey": "SUAHBA55NOCVJDXV3UOVBJIUC2MS64L7TNINNRDXZRBIC7F4TB4YOR2MJY"},
        "document",
    ),
    ("reader nonsense", {"reader": "x"}, "document"),
]


@pytest.mark.parametrize(("change", "code"), [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_enrolment_is_refused(keys: list[str], change: dict[str, object], code: str):
    good = {"enrolment": 1, "node": "a", "nkey": keys[0], "participants": [ARVIEU]}
    with pytest.raises(MalformedError) as caught:
        parse_enrolment(json.dumps({**good, **change}).encode())
    assert caught.value.code == code


def test_what_is_no_enrolment_at_all(keys: list[str]):
    for data, code in (
        (b"", "json"),
        (b"[]", "json"),
        (b"\xff", "json"),
        (b"[" * 5000, "json"),
        (b'{"enrolment":1,"enrolment":1}', "json-duplicate-key"),
        (b"{}", "document"),
        (b" " * (ENROLMENT_MAX_BYTES + 1), "enrolment-size"),
    ):
        with pytest.raises(MalformedError) as caught:
            parse_enrolment(data)
        assert caught.value.code == code, data[:20]
    same = Member("a", keys[0], keys[0], (ARVIEU,))
    with pytest.raises(MalformedError):
        parse_enrolment(write_enrolment(same))


def test_two_nodes_do_not_hold_the_same_participant_or_key(keys: list[str]):
    first = Member("a", keys[0], keys[1], (ARVIEU,))
    members = with_member((), first)
    with pytest.raises(StateError) as caught:
        with_member(members, Member("b", keys[2], None, (CANET, ARVIEU)))
    assert caught.value.code == "participant-taken"
    assert ARVIEU in str(caught.value)
    assert "node a" in str(caught.value)
    for nkey, reader in ((keys[0], None), (keys[1], None), (keys[2], keys[0]), (keys[2], keys[1])):
        with pytest.raises(StateError) as caught:
            with_member(members, Member("b", nkey, reader, (CANET,)))
        assert caught.value.code == "key-taken"
    changed = Member("a", keys[3], None, (ARVIEU, CANET))
    assert with_member(members, changed) == (changed,)


def test_removing(keys: list[str]):
    members = with_member((), Member("a", keys[0], None, (ARVIEU,)))
    assert without_member(members, "a") == ()
    with pytest.raises(UnknownError):
        without_member(members, "b")


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcd"),
            st.integers(0, 7),
            st.one_of(st.none(), st.integers(0, 7)),
            st.sets(st.integers(12000, 12005), min_size=1),
        ),
        max_size=12,
    )
)
def test_whatever_is_enrolled_no_participant_and_no_key_is_there_twice(
    keys: list[str], steps: list[tuple[str, int, int | None, set[int]]]
):
    members: tuple[Member, ...] = ()
    for node, nkey, reader, codes in steps:
        read = None if reader is None or reader == nkey else keys[reader]
        new = Member(node, keys[nkey], read, tuple(f"fr-com-{c}" for c in sorted(codes)))
        try:
            members = with_member(members, new)
        except StateError:
            continue
        assert new in members
    hosted = [p for m in members for p in m.participants]
    used = [k for m in members for k in (m.nkey, m.reader) if k]
    assert len(set(hosted)) == len(hosted)
    assert len(set(used)) == len(used)
    assert len({m.node for m in members}) == len(members)


@pytest.mark.parametrize("name", ["", "-", "a-", "-a", "a--b", "a_b", "é", "a b", ">", "a" * 49])
def test_node_names(name: str):
    with pytest.raises(ValueError, match="name"):
        parse_node(name)


# -- the file -------------------------------------------------------------------------------------


def test_the_members_file_is_private_and_read_as_written(tmp_path: Path, keys: list[str]):
    paths = prepare(tmp_path / "hub")
    file = MemberFile(paths)
    assert file.load() == ()
    members = (
        Member("a", keys[0], keys[1], (ARVIEU, EPCI)),
        Member("b", keys[2], None, (CANET,)),
    )
    file.replace(members, HubSettings())
    assert file.load() == members
    for path in (paths.members_file, paths.members_conf, paths.hub_conf):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(p.name for p in paths.root.iterdir()) == [
        "broker",
        "hub.conf",
        "keys",
        "members.conf",
        "members.json",
        "streams",
    ]


def test_what_the_broker_refuses_changes_nothing(tmp_path: Path, keys: list[str]):
    paths = prepare(tmp_path / "hub")
    file = MemberFile(paths)
    file.replace((Member("a", keys[0], None, (ARVIEU,)),), HubSettings())
    before = {p: p.read_bytes() for p in (paths.members_file, paths.members_conf, paths.hub_conf)}
    with pytest.raises(BrokerError) as caught:
        file.replace((Member("a", "UNSINN", None, (ARVIEU,)),))
    assert caught.value.code == "broker-config"
    assert {p: p.read_bytes() for p in before} == before


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b'{"version":2,"members":[]}', b'{"version":1,"members":[{}]}', b"\xff"],
)
def test_a_damaged_file_is_said(tmp_path: Path, content: bytes):
    paths = prepare(tmp_path / "hub")
    paths.members_file.write_bytes(content)
    with pytest.raises(MaillageError):
        MemberFile(paths).load()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path):
    path = tmp_path / "a"
    write_atomically(path, b"old")
    (tmp_path / "b").mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(tmp_path / "b", b"new")
    assert path.read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
