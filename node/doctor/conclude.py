"""From observations to findings. Pure: what was seen comes in, what it means goes out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from node.doctor.findings import NODE, Finding, State
from node.link.address import Address
from node.link.faults import Fault
from node.link.proxy import Proxy, is_loopback
from node.link.trust import Certificate

DISK_LOW_BYTES: Final = 1024**3
"""Below this a node is warned: a commune's year takes some hundred MB, a broker's log less."""

DISK_FULL_BYTES: Final = 64 * 1024**2
"""Below this one publication and its database log may not fit."""

CLOCK_OFF_S: Final = 60
"""Readings are dated to the minute at best; an HTTP date has whole seconds."""

EXPIRES_SOON_S: Final = 14 * 86_400
"""A certificate that is renewed by itself is renewed 30 days before its end."""

OTHERS: Final = 0o077

_HUB_CHECKS: Final = (
    *("proxy", "name", "reach", "connect", "tls", "hub", "enrolment"),
    *("reader", "permissions", "round-trip"),
)
_STEP_OF: Final[Mapping[str, str]] = {
    "dns": "name",
    **dict.fromkeys(("nothing-listens", "connect-timeout", "no-route"), "reach"),
    **dict.fromkeys(
        ("proxy-dns", "proxy-nothing-listens", "proxy-timeout", "proxy-no-route", "proxy-tls"),
        "reach",
    ),
    **dict.fromkeys(
        (
            *("proxy-drops", "proxy-silent", "proxy-auth-missing", "proxy-auth-wrong"),
            *("proxy-auth-method", "proxy-forbidden", "proxy-gateway", "proxy-status"),
            "proxy-not-http",
        ),
        "connect",
    ),
    **dict.fromkeys(
        (
            *("tls-host", "tls-expired", "tls-not-yet", "tls-unknown-ca", "tls-other-ca"),
            *("tls-certificate", "tls-changed", "tls-none", "tls-missing", "tls-handshake"),
            "tls-cut",
        ),
        "tls",
    ),
    **dict.fromkeys(("ws-status", "not-a-hub", "hub-silent", "hub-drops", "hub-refused"), "hub"),
    "not-enrolled": "enrolment",
}
"""The check that a fault belongs to."""


@dataclass(frozen=True, slots=True)
class LocalFacts:
    """What was seen of a node's directory.

    Attributes:
        path: The data directory.
        is_node: Whether `maillage init` made it.
        mode: Its permission bits.
        settings_error: Why the settings can't be read; empty if they can.
        hubs: How many are set.
        secret_open: Whether `maillage.toml` holds a password and others can read it.
        open_files: Secret files that others can read.
        missing_files: Secret files that aren't there.
        key_error: A key that can't be used; empty for none.
        participants: How many are hosted.
        recovery_keys: How many lie here.
        free_bytes: On the directory's disk.
        database_error: Why the store can't be opened; empty if it can.
        pinned: Charters in the settings, by digest.
        known: Those of them that are here.
        http: `ok`, `off`, `down` or `other`.
        http_url: Where it is asked.
    """

    path: str
    is_node: bool = True
    mode: int = 0o700
    settings_error: str = ""
    hubs: int = 0
    secret_open: bool = False
    open_files: Sequence[str] = ()
    missing_files: Sequence[str] = ()
    key_error: str = ""
    participants: int = 0
    recovery_keys: int = 0
    free_bytes: int = DISK_LOW_BYTES
    database_error: str = ""
    pinned: Sequence[str] = ()
    known: Sequence[str] = ()
    http: str = "off"
    http_url: str = ""


@dataclass(frozen=True, slots=True)
class HubFacts:
    """What was seen on the way to a hub.

    Attributes:
        name: Its name in the settings.
        address: Its address.
        proxy: The proxy that leads to it; None for none.
        setting_error: Why the way can't even be tried (proxy, password file, authorities).
        resolved: Addresses of its name, as this machine resolves it.
        fault: Why it isn't reached; None if it is.
        port_443: Where CONNECT was refused to another port: "" if 443 passes, else what is said of
            it; None if it wasn't tried.
        version: Of the broker.
        tls_version: Of the connection; empty without TLS.
        certificate: What the hub shows.
        public: Whether a public authority issued that; None if it wasn't tried.
        now_s: This machine's clock, seconds since 1970.
        expires_s: End of the certificate, seconds since 1970.
        has_key: Whether a key of a node was at hand.
        reader: Whether the reader key was taken; None if the node doesn't read there.
        not_enrolled: Participants whose prefix the hub doesn't give to this node.
        participants: How many were asked for.
        round_trip_ms: One question and its answer; None if it failed.
        round_trip_error: Why.
        clock_offset_s: This clock against the hub's; None if it isn't known.
    """

    name: str
    address: Address
    proxy: Proxy | None = None
    setting_error: str = ""
    resolved: Sequence[str] = ()
    fault: Fault | None = None
    port_443: str | None = None
    version: str = ""
    tls_version: str = ""
    certificate: Certificate | None = None
    public: bool | None = None
    now_s: float = 0.0
    expires_s: float = 0.0
    has_key: bool = True
    reader: bool | None = None
    not_enrolled: Sequence[str] = ()
    participants: int = 0
    round_trip_ms: float | None = None
    round_trip_error: str = ""
    clock_offset_s: float | None = None


def _of_node(check: str, state: State, code: str, **facts: str) -> Finding:
    return Finding(NODE, check, state, code, facts)


def size_text(count: int) -> str:
    """A number of bytes for people, in GB or MB of 1000."""
    if count >= 10**9:
        return f"{count / 10**9:.1f} GB"
    return f"{count / 10**6:.0f} MB"


def local_findings(seen: LocalFacts) -> list[Finding]:
    """What a node's own directory says, in the order of the checks."""
    if not seen.is_node:
        return [_of_node("directory", State.WRONG, "directory-missing", path=seen.path)]
    found = [_directory(seen), _settings(seen)]
    if not seen.database_error:
        found += _keys(seen)
    found += [_disk(seen), _database(seen)]
    if seen.settings_error or seen.database_error:
        return found
    found += [_charters(seen), _http(seen)]
    if not seen.hubs:
        found.append(_of_node("hubs", State.WARNING, "hubs-none"))
    return found


def _directory(seen: LocalFacts) -> Finding:
    if seen.mode & OTHERS:
        mode = f"{seen.mode:04o}"
        return _of_node("directory", State.WRONG, "directory-open", path=seen.path, mode=mode)
    return _of_node("directory", State.OK, "directory-ok", path=seen.path)


def _settings(seen: LocalFacts) -> Finding:
    if seen.settings_error:
        return _of_node("settings", State.WRONG, "settings-wrong", said=seen.settings_error)
    if seen.secret_open:
        path = f"{seen.path}/maillage.toml"
        return _of_node("settings", State.WRONG, "settings-secret", path=path)
    return _of_node("settings", State.OK, "settings-ok", count=str(seen.hubs))


def _keys(seen: LocalFacts) -> list[Finding]:
    found = []
    if seen.missing_files:
        files = _some(seen.missing_files)
        found.append(_of_node("keys", State.WRONG, "keys-missing", files=files))
    if seen.open_files:
        found.append(_of_node("keys", State.WRONG, "keys-open", files=_some(seen.open_files)))
    if seen.key_error:
        found.append(_of_node("keys", State.WRONG, "keys-broken", said=seen.key_error))
    if not found:
        count = str(seen.participants)
        found.append(_of_node("keys", State.OK, "keys-ok", count=count))
    if seen.recovery_keys:
        count = str(seen.recovery_keys)
        found.append(_of_node("keys", State.WARNING, "keys-recovery", count=count))
    return found


def _disk(seen: LocalFacts) -> Finding:
    free = size_text(seen.free_bytes)
    if seen.free_bytes < DISK_FULL_BYTES:
        return _of_node("disk", State.WRONG, "disk-low", free=free)
    if seen.free_bytes < DISK_LOW_BYTES:
        return _of_node("disk", State.WARNING, "disk-low", free=free)
    return _of_node("disk", State.OK, "disk-ok", free=free)


def _database(seen: LocalFacts) -> Finding:
    if seen.database_error:
        return _of_node("database", State.WRONG, "database-wrong", said=seen.database_error)
    return _of_node("database", State.OK, "database-ok")


def _charters(seen: LocalFacts) -> Finding:
    if not seen.pinned:
        return _of_node("charters", State.WARNING, "charters-none")
    unknown = [one for one in seen.pinned if one not in seen.known]
    if unknown:
        files = _some([f"{one[:12]}…" for one in unknown])
        return _of_node("charters", State.WARNING, "charters-unknown", files=files)
    return _of_node("charters", State.OK, "charters-ok", count=str(len(seen.pinned)))


def _http(seen: LocalFacts) -> Finding:
    states = {"ok": State.OK, "off": State.OK, "down": State.WARNING, "other": State.WRONG}
    code = f"http-{seen.http}"
    return _of_node("http", states[seen.http], code, url=seen.http_url, path=seen.path)


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" … (+{len(names) - most})" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def hub_findings(seen: HubFacts) -> list[Finding]:
    """What was found on the way to a hub, check by check; what lies behind a fault is skipped."""
    if seen.setting_error:
        facts = {"said": seen.setting_error}
        return [Finding(seen.name, "proxy", State.WRONG, "proxy-wrong", facts)]
    broken = _STEP_OF[seen.fault.code] if seen.fault is not None else None
    found: list[Finding] = []
    for check in _HUB_CHECKS:
        if check == broken and seen.fault is not None:
            found.append(_broken(seen, check, seen.fault))
            if check != "enrolment" or seen.has_key:
                follow = _HUB_CHECKS[_HUB_CHECKS.index(check) + 1 :]
                found += [
                    Finding(seen.name, one, State.SKIPPED, "skipped")
                    for one in follow
                    if _applies(seen, one)
                ]
            return found
        if _applies(seen, check):
            found += _held(seen, check)
    return found


def _applies(seen: HubFacts, check: str) -> bool:
    if check == "connect":
        return seen.proxy is not None
    if check == "reader":
        return seen.reader is not None
    if check in {"permissions", "round-trip"}:
        return seen.has_key
    return True


def _broken(seen: HubFacts, check: str, fault: Fault) -> Finding:
    """The check at which it ended."""
    if fault.code == "not-enrolled" and not seen.has_key:
        return Finding(seen.name, check, State.SKIPPED, "enrolment-unasked")
    if check == "connect" and seen.port_443 is not None:
        code = "connect-none" if seen.port_443 else "connect-443"
        facts = dict(fault.facts) | {"said": seen.port_443 or fault.told()}
        return Finding(seen.name, check, State.UNREACHABLE, code, facts)
    return Finding(seen.name, check, State.UNREACHABLE, fault.code, fault.facts)


def _proxy(seen: HubFacts) -> Finding:
    if seen.proxy is None:
        return Finding(seen.name, "proxy", State.OK, "proxy-none")
    facts = {"proxy": seen.proxy.shown, "source": seen.proxy.source}
    return Finding(seen.name, "proxy", State.OK, "proxy-found", facts)


def _name(seen: HubFacts) -> Finding:
    facts = {"host": seen.address.host, "addresses": _some(seen.resolved, 3)}
    code = "name-ok" if seen.resolved else "name-proxy"
    return Finding(seen.name, "name", State.OK, code, facts)


def _reach(seen: HubFacts) -> Finding:
    facts = {"host": seen.proxy.shown if seen.proxy else seen.address.target}
    return Finding(seen.name, "reach", State.OK, "reach-ok", facts)


def _connect(seen: HubFacts) -> Finding:
    return Finding(seen.name, "connect", State.OK, "connect-ok", {"target": seen.address.target})


def _greeting(seen: HubFacts) -> Finding:
    return Finding(seen.name, "hub", State.OK, "hub-ok", {"version": seen.version})


def _enrolment(seen: HubFacts) -> Finding:
    return Finding(seen.name, "enrolment", State.OK, "enrolment-ok")


def _reader(seen: HubFacts) -> Finding:
    if seen.reader:
        return Finding(seen.name, "reader", State.OK, "reader-ok")
    return Finding(seen.name, "reader", State.WRONG, "reader-refused")


def _permissions(seen: HubFacts) -> Finding:
    if seen.not_enrolled:
        facts = {"files": _some(seen.not_enrolled)}
        return Finding(seen.name, "permissions", State.WRONG, "permissions-missing", facts)
    facts = {"count": str(seen.participants)}
    return Finding(seen.name, "permissions", State.OK, "permissions-ok", facts)


def _round_trip(seen: HubFacts) -> Finding:
    if seen.round_trip_ms is None:
        facts = {"said": seen.round_trip_error}
        return Finding(seen.name, "round-trip", State.UNREACHABLE, "round-trip-failed", facts)
    facts = {"ms": f"{seen.round_trip_ms:.0f}"}
    return Finding(seen.name, "round-trip", State.OK, "round-trip-ok", facts)


_HELD: Final[Mapping[str, Callable[[HubFacts], Finding]]] = {
    "proxy": _proxy,
    "name": _name,
    "reach": _reach,
    "connect": _connect,
    "hub": _greeting,
    "enrolment": _enrolment,
    "reader": _reader,
    "permissions": _permissions,
    "round-trip": _round_trip,
}


def _held(seen: HubFacts, check: str) -> list[Finding]:
    """A check that the way came past; what it shows may still be wrong."""
    return _tls(seen) if check == "tls" else [_HELD[check](seen)]


def _tls(seen: HubFacts) -> list[Finding]:
    certificate, address = seen.certificate, seen.address
    if certificate is None or not seen.tls_version:
        if is_loopback(address.host):
            return [Finding(seen.name, "tls", State.OK, "tls-loopback")]
        return [Finding(seen.name, "tls", State.WARNING, "tls-plain", {"url": address.url})]
    facts = {
        "version": seen.tls_version,
        "issuer": certificate.issuer,
        "expiry": certificate.not_after,
        "sha256": certificate.sha256,
        "target": address.target,
    }
    private = seen.public is False
    state, code = (State.WARNING, "tls-private") if private else (State.OK, "tls-ok")
    found = [Finding(seen.name, "tls", state, code, facts)]
    if seen.expires_s - seen.now_s < EXPIRES_SOON_S:
        found.append(Finding(seen.name, "tls", State.WARNING, "tls-soon", facts))
    return found


def clock_finding(hubs: Sequence[HubFacts]) -> Finding:
    """The clock against the first hub that told the time; a warning at most, clocks don't judge."""
    for seen in hubs:
        if seen.clock_offset_s is not None:
            facts = {"seconds": f"{abs(seen.clock_offset_s):.0f}", "host": seen.address.host}
            if abs(seen.clock_offset_s) > CLOCK_OFF_S:
                return Finding(NODE, "clock", State.WARNING, "clock-off", facts)
            return Finding(NODE, "clock", State.OK, "clock-ok", facts)
    return Finding(NODE, "clock", State.SKIPPED, "clock-unknown")
