"""Status for people: what waits, what came, who confirmed, what was refused and why."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from federation.charter import KnownCharter
from federation.manifest import Sharing
from federation.model import instant_text
from federation.reasons import REASONS
from node.catching_up import read_notes
from node.charters import LANGUAGES, charter_ending, charter_json, end_words, in_force, name_of
from node.link.address import parse_address
from node.link.connection import ConnectionStatus
from node.link.faults import read_fault
from node.networks import HubNote, note_of, read_note
from node.receive.turned_away import all_gaps
from node.settings import HubAddress
from node.sharing_choice import halted_text
from node.store.rows import HeadRow

if TYPE_CHECKING:
    from node.node import Node

_WORDS: Final = {
    "fr": {
        "participants": "Organismes",
        "datasets": "Jeux de données publiés",
        "received": "Jeux de données reçus",
        "waiting": "en attente d’envoi",
        "confirmed": "accusé de réception de",
        "none": "aucun accusé de réception",
        "refused": "refusé par",
        "held": "Messages retenus",
        "behind": "messages à recevoir",
        "away": "Messages écartés faute de place, à relire",
        "halted": "À l’arrêt",
        "charter": "Convention",
        "competences": "Table des compétences",
        "charter-ended": "la convention a pris fin, rien n’est envoyé",
        "totals-only": "totaux seulement, les lignes restent ici",
        "hub": "Point d’échange",
        "connected": "connecté",
        "down": "injoignable",
        "since": "depuis",
        "noted": "relevé du nœud en service",
        "unseen": "vu seulement par le nœud en service (GET /api/v1/status)",
        "verdicts": "Décisions",
        "simulated": "DONNÉES SIMULÉES",
        "sensors": "Capteurs",
        "silent": "silencieux depuis",
        "never": "rien reçu",
        "sensor-table": "table des capteurs",
        "sensor-failed": "mesures en attente",
        "sensor-refused": "mesure refusée",
        "times": "fois",
    },
    "en": {
        "participants": "Bodies",
        "datasets": "Datasets published",
        "received": "Datasets received",
        "waiting": "waiting to be sent",
        "confirmed": "receipt from",
        "none": "no receipt",
        "refused": "refused by",
        "held": "Messages held",
        "behind": "messages to be received",
        "away": "Messages turned away for want of room, to be read again",
        "halted": "Halted",
        "charter": "Agreement",
        "competences": "Table of competences",
        "charter-ended": "the agreement has ended, nothing is sent",
        "totals-only": "totals only, the rows stay here",
        "hub": "Exchange point",
        "connected": "connected",
        "down": "can't be reached",
        "since": "since",
        "noted": "noted by the running node",
        "unseen": "seen by the running node only (GET /api/v1/status)",
        "verdicts": "Decisions",
        "simulated": "SIMULATED DATA",
        "sensors": "Sensors",
        "silent": "silent since",
        "never": "nothing came",
        "sensor-table": "table of devices",
        "sensor-failed": "readings wait",
        "sensor-refused": "reading refused",
        "times": "times",
    },
}

MEMBERS_MAX: Final = 50
"""Members of a charter that status lists."""


@dataclass(frozen=True, slots=True)
class StatusReport:
    """How a node stands, as JSON values; `to_json` and `text` show it."""

    found: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The report's members, each as `status_of` gathers it."""
        return self.found

    def text(self, lang: Literal["fr", "en"] = "fr") -> str:
        """A page of text."""
        words = _WORDS[lang]
        found = self.found
        lines = [f"{words['participants']} : {', '.join(found['participants'])}"]
        if found["simulated"]:
            lines.append(words["simulated"])
        for hub in found["hubs"]:
            lines.append(f"{words['hub']} {hub['name']} : {_hub_state(hub, words)}")
            fault = read_fault(hub["fault"])
            if fault is not None and not hub["connected"]:
                lines.append(f"  [{fault.code}] {fault.told(lang)}")
                lines.append(f"  → {fault.remedy(lang)}")
        lines += _behind_lines(found["catchUp"], words)
        for name, why in found["halted"].items():
            lines.append(f"{words['halted']} : {name}: {why}")
        lines += _charter_lines(found, lang)
        lines.append(f"{words['datasets']} :")
        for one in found["published"]:
            confirmed = [
                receipt["receiver"]
                for receipt in one["receipts"]
                if receipt["sequence"] >= one["sequence"]
            ]
            told = f"{words['confirmed']} {', '.join(confirmed)}" if confirmed else words["none"]
            lines.append(
                f"  {one['dataset']}  {one['epoch']}/{one['sequence']}  {one['issued']}  {told}"
            )
        for row in found["outbox"]:
            if row["waiting"]:
                lines.append(
                    f"  {row['participant']}: {row['waiting']} {words['waiting']}"
                    f" ({row['lastError'] or ''})"
                )
        for refusal in found["refusals"]:
            remedy = f"{refusal['meaning']} → {refusal['remedy']}"
            lines.append(
                f"  {words['refused']} {refusal['receiver']}: {refusal['dataset']}"
                f" {refusal['epoch']}/{refusal['sequence']} [{refusal['reason']}] {remedy}"
            )
        lines.append(f"{words['received']} : {len(found['received'])}")
        lines.append(
            f"{words['verdicts']} : "
            + ", ".join(f"{name} {count}" for name, count in found["verdicts"].items())
        )
        if found["held"]:
            lines.append(
                f"{words['held']} : "
                + ", ".join(f"{name} {count}" for name, count in found["held"].items())
            )
        lines += _away(found, words)
        lines += _sensor_lines(found["sensors"], words)
        lines += [f"{words['competences']} : {fault}" for fault in found["competences"]]
        return "\n".join(lines)


REFUSED_SHOWN: Final = 20
"""Lines of refused readings in the text; the JSON form has all."""


def _sensor_lines(sensors: dict[str, Any], words: dict[str, str]) -> Iterator[str]:
    """How the sensors stand; nothing where there are none."""
    if not (sensors["devices"] or sensors["table"] or sensors["refused"]):
        return
    yield f"{words['sensors']} : {len(sensors['devices'])}"
    if sensors["table"]:
        yield f"  {words['sensor-table']} : {sensors['table']}"
    for one in sensors["devices"]:
        if one["silent"]:
            since = one["lastReading"]
            state = f"{words['silent']} {since}" if since else words["never"]
            yield f"  {one['device']}  {one['dataset']}  {state}"
    for dataset, why in sensors["failed"].items():
        yield f"  {words['sensor-failed']} : {dataset} {why}"
    for one in sensors["refused"][:REFUSED_SHOWN]:
        yield (
            f"  {words['sensor-refused']} : {one['device'] or '–'} [{one['reason']}] "
            f"{one['detail']} ({one['count']} {words['times']}, {one['at']})"
        )


def _behind_lines(found: list[dict[str, Any]], words: dict[str, str]) -> list[str]:
    """Hubs from which something is to be received still, as the running node noted it."""
    return [
        f"  {one['hub']} : {one['behind']} {words['behind']} ({one['at']})"
        for one in found
        if one["behind"]
    ]


def _charter_lines(found: dict[str, Any], lang: Literal["fr", "en"]) -> list[str]:
    """When each charter ends, and what isn't sent because one has."""
    words = _WORDS[lang]
    lines = [
        f"{words['charter']} {one['title']} : {one['endWords'][lang]}" for one in found["charters"]
    ]
    lines += [
        f"{words['halted']} : {draft['dataset']} ({draft['source']})"
        f" [{draft['reason']}] {words[draft['reason']]} ({draft['detail']})"
        for draft in found["haltedDrafts"]
    ]
    return lines


def _away(found: dict[str, Any], words: dict[str, str]) -> list[str]:
    """What was turned away for want of room."""
    return [
        f"{words['away']} : {one['carrier']} ({one['kind']}) {one['messages']}, {one['hub']}"
        for one in found["turnedAway"]
    ]


def _hub_state(hub: dict[str, Any], words: dict[str, str]) -> str:
    """How a hub stands; another process than the running node knows what that one noted."""
    if hub["connected"] is None:
        return words["unseen"]
    state = words["connected"] if hub["connected"] else words["down"]
    if not hub["connected"] and not hub["fault"] and hub["error"]:
        state += f" ({hub['error']})"
    noted = "" if hub["live"] else f", {words['noted']}"
    return f"{state} ({words['since']} {hub['since']}{noted})"


def status_of(node: "Node", now_us: int) -> StatusReport:
    """Gather the status of a node.

    Args:
        node: Running or only opened.
        now_us: Microseconds since 1970.
    """
    store = node.store
    counts = store.status()
    receipts = [
        json.loads(row.heads) for name in node.participants for row in store.receipts.received(name)
    ]
    halted = {name: why for sender in node.senders.values() for name, why in sender.halted.items()}
    links = {name: link.status for name, link in node.links.items()}
    return StatusReport(
        {
            "node": node.name,
            "at": instant_text(now_us),
            "participants": list(node.participants),
            "simulated": node.simulated
            or any(row.origin == "simulated" for row in store.publications.own_heads()),
            "published": [_published(row, receipts) for row in store.publications.own_heads()],
            "received": [_received(row) for row in store.publications.heads()],
            "refusals": _refusals(receipts),
            "outbox": [
                {
                    "hub": row.hub,
                    "participant": row.participant,
                    "waiting": row.waiting,
                    "lastError": row.last_error,
                }
                for row in counts.outbox
            ],
            "draftsReady": dict(counts.drafts_ready),
            "held": {name: messages for name, (messages, _size) in counts.held.items()},
            "turnedAway": _turned_away(node),
            "verdicts": dict(counts.verdicts),
            "catchUp": _catch_up(node),
            "hubs": [
                _hub(hub, links.get(hub.name), read_note(store, hub.name))
                for hub in node.settings.hubs
            ],
            "halted": halted,
            "haltedDrafts": _halted_drafts(node),
            "charters": [
                charter_json(node, one, now_us, members_max=MEMBERS_MAX) | _ends(node, one, now_us)
                for one in in_force(node)
            ],
            "sensors": node.sensors.report(now_us),
            "competences": node.competences.faults(),
        }
    )


def _received(row: HeadRow) -> dict[str, Any]:
    return {
        "dataset": row.dataset,
        "epoch": row.epoch,
        "sequence": row.sequence,
        "accepted": row.accepted,
        "refused": row.refused,
        "origin": row.origin,
        "at": instant_text(row.updated_at),
    }


def _turned_away(node: "Node") -> list[dict[str, Any]]:
    """Messages that carriers sent beyond their limit, which are read again later."""
    return [
        {"hub": hub, "carrier": gap.carrier, "kind": gap.kind, "messages": gap.count}
        for hub, gaps in all_gaps(node.store, [hub.name for hub in node.settings.hubs]).items()
        for gap in gaps
    ]


def _catch_up(node: "Node") -> list[dict[str, Any]]:
    """How far behind each hub that is read the node is."""
    notes = read_notes(node.store)
    return [
        {"hub": hub.name} | notes[hub.name].to_json()
        for hub in node.settings.hubs
        if hub.read and hub.name in notes
    ]


def _ends(node: "Node", known: KnownCharter, now_us: int) -> dict[str, Any]:
    """A charter's end in words, by language."""
    ending = charter_ending(node, known)
    by = None if ending is None else ending.by
    names = {} if by is None else {by: name_of(node, by)}
    words = {lang: end_words(ending, now_us, lang, names) for lang in LANGUAGES}
    return {"endWords": words}


def _halted_drafts(node: "Node") -> list[dict[str, Any]]:
    """What was published and will not be signed: its charter has ended, or its rows stay here."""
    found = []
    for row in node.store.own.drafts_halted():
        sharing = Sharing.model_validate(json.loads(row.sharing))
        kept = sharing.level == "aggregate-only"
        found.append(
            {
                "dataset": row.dataset,
                "source": row.source,
                "charter": sharing.charter,
                "reason": "totals-only" if kept else "charter-ended",
                "detail": "raw rows never leave the node"
                if kept
                else halted_text(node.knowledge, row.dataset, sharing),
            }
        )
    return found


def _hub(hub: HubAddress, live: ConnectionStatus | None, noted: HubNote | None) -> dict[str, Any]:
    """A hub's state: of this process's own connection, else as the running node noted it."""
    note = note_of(live) if live is not None else noted
    if note is None:
        note = HubNote(connected=False, since="", error="", fault=None)
    return {
        "name": hub.name,
        "url": parse_address(hub.url).url,
        "connected": note.connected if live is not None or noted is not None else None,
        "live": live is not None,
        "since": note.since,
        "error": note.error,
        "code": "" if note.fault is None else note.fault.code,
        "remedy": "" if note.fault is None else note.fault.remedy(),
        "fault": None if note.fault is None else note.fault.to_json(),
    }


def _published(row: Any, receipts: list[dict[str, Any]]) -> dict[str, Any]:
    mine = []
    for receipt in receipts:
        for head in receipt["heads"]:
            if head["dataset"] == row.dataset and head["head"]["epoch"] == row.epoch:
                mine.append(
                    {
                        "receiver": receipt["receiver"],
                        "sequence": head["head"]["sequence"],
                        "digest": head["head"]["digest"],
                        "accepted": head["accepted"],
                        "refused": head["refused"],
                    }
                )
    return {
        "dataset": row.dataset,
        "epoch": row.epoch,
        "sequence": row.sequence,
        "digest": row.digest,
        "issued": instant_text(row.updated_at),
        "origin": row.origin,
        "receipts": mine,
    }


def _refusals(receipts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"receiver": receipt["receiver"], **refusal}
        | {
            "meaning": REASONS[refusal["reason"]].meaning if refusal["reason"] in REASONS else "",
            "remedy": REASONS[refusal["reason"]].remedy if refusal["reason"] in REASONS else "",
        }
        for receipt in receipts
        for refusal in receipt["refusals"]
    ]
