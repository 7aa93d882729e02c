"""Participants, datasets and subjects."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federation.errors import MalformedError
from federation.ids import (
    DatasetId,
    ask_subject,
    doc_subject,
    fwd_subject,
    parse_dataset,
    parse_name,
    parse_participant,
    parse_subject,
    prefix,
    pub_subject,
    rcpt_subject,
)

GOOD = [
    ("fr-com-12011", "fr-12"),
    ("fr-com-2a004", "fr-2a"),
    ("fr-com-97411", "fr-974"),
    ("fr-epci-241200765", "fr"),
    ("fr-dep-12", "fr"),
    ("fr-dep-2a", "fr"),
    ("fr-dep-971", "fr"),
    ("fr-reg-76", "fr"),
    ("fr-syn-251201349", "fr"),
    ("de-lau-08111000", "de"),
    ("xx-lau-demo1", "xx"),
]


@pytest.mark.parametrize(("participant", "zone"), GOOD)
def test_participants_and_their_prefix(participant: str, zone: str) -> None:
    assert parse_participant(participant) == participant
    assert prefix(participant) == f"mlg.1.z.{zone}.{participant}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "fr",
        "fr-com-1201",
        "fr-com-120110",
        "fr-com-2A004",
        "FR-com-12011",
        "fr-com-12011 ",
        "fr-com-12011\n",
        "fr-com-١٢٠١١",
        "fr-epci-24120076",
        "fr-lau-12011",
        "fr-dep-2c",
        "de-lau-",
        "de-lau-a.b",
        "de-lau-*",
        "de-lau->",
        "de-lau-" + "1" * 21,
        "../fr-com-12011",
    ],
)
def test_no_participants(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_participant(text)
    assert caught.value.code == "participant-id"
    assert "fr-com-12011" in caught.value.remedy


@pytest.mark.parametrize("text", ["projets", "comptage-mobilites", "a1", "a-1", "a" * 64])
def test_names(text: str) -> None:
    assert parse_name(text) == text


@pytest.mark.parametrize(
    "text", ["", "1a", "-a", "a-", "a--b", "A", "a_b", "a.b", "é", "a\n", "a" * 65, "_"]
)
def test_no_names(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_name(text)
    assert caught.value.code == "name"


@pytest.mark.parametrize(
    ("text", "dataset", "subject"),
    [
        (
            "fr-com-12011/projets",
            DatasetId("fr-com-12011", "projets"),
            "mlg.1.z.fr-12.fr-com-12011.pub.projets._",
        ),
        (
            "fr-com-12011/comptage-mobilites.pont-neuf",
            DatasetId("fr-com-12011", "comptage-mobilites", "pont-neuf"),
            "mlg.1.z.fr-12.fr-com-12011.pub.comptage-mobilites.pont-neuf",
        ),
    ],
)
def test_datasets(text: str, dataset: DatasetId, subject: str) -> None:
    assert parse_dataset(text) == dataset
    assert str(dataset) == text
    assert pub_subject(dataset) == subject


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fr-com-12011", "dataset-id"),
        ("projets", "dataset-id"),
        ("/projets", "participant-id"),
        ("fr-com-1/projets", "participant-id"),
        ("fr-com-12011/", "name"),
        ("fr-com-12011/projets.", "name"),
        ("fr-com-12011/projets._", "name"),
        ("fr-com-12011/projets.a.b", "name"),
        ("fr-com-12011/projets/a", "name"),
    ],
)
def test_no_datasets(text: str, code: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_dataset(text)
    assert caught.value.code == code


def test_subjects_of_every_kind_are_taken_apart_again() -> None:
    me, other = "fr-epci-241200765", "fr-com-12011"
    for subject, kind, rest in [
        (doc_subject(me, "identity"), "doc", ("identity",)),
        (doc_subject(me, "schema", "ab" * 32), "doc", ("schema", "ab" * 32)),
        (rcpt_subject(me, other), "rcpt", (other,)),
        (ask_subject(me, other), "ask", (other,)),
        (fwd_subject(me, other), "fwd", (other,)),
        (pub_subject(DatasetId(me, "synthese")), "pub", ("synthese", "_")),
    ]:
        assert subject.startswith("mlg.1.z.fr.fr-epci-241200765.")
        found = parse_subject(subject)
        assert (found.carrier, found.kind, found.rest) == (me, kind, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mlg.1.z.fr-12.fr-com-12011.pub",
        "mlg.2.z.fr-12.fr-com-12011.pub.projets._",
        "mlg.1.z.fr-13.fr-com-12011.pub.projets._",
        "mlg.1.z.fr.fr-com-12011.pub.projets._",
        "mlg.1.z.fr-12.fr-com-12011.sub.projets._",
        "xmlg.1.z.fr-12.fr-com-12011.pub.projets._",
        "mlg.1.zz.fr-12.fr-com-12011.pub.projets._",
    ],
)
def test_no_subjects(text: str) -> None:
    with pytest.raises(MalformedError) as caught:
        parse_subject(text)
    assert caught.value.code == "subject"


@given(
    st.from_regex(
        r"(fr-(com|epci|syn|dep|reg)-[0-9ab]{2,9}|[a-z]{2}-lau-[a-z0-9]{1,5})", fullmatch=True
    ),
    st.sampled_from(["fr", "fr-12", "fr-00", "xx"]),
)
def test_whatever_looks_like_a_participant_is_one_with_a_zone_or_refused(
    text: str, zone: str
) -> None:
    try:
        assert parse_subject(prefix(text) + ".doc.identity").carrier == text
        parse_subject(f"mlg.1.z.{zone}.{text}.doc.identity")
    except MalformedError as error:
        assert error.code in {"participant-id", "subject"}  # noqa: PT017 - either way is good
