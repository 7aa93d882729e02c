"""What looking at a bundle gives: each publication with its steps, and the identities it carries.

`federation.inspect` makes it.
"""

from dataclasses import dataclass
from typing import Literal

from federation.manifest import Manifest
from federation.reasons import REASONS, STEPS, Verdict

State = Literal["holds", "held", "fails", "open"]
"""Of a step: it holds; something is missing; it fails; it wasn't reached or can't be told here."""


@dataclass(frozen=True, slots=True)
class Step:
    """One numbered step on one publication.

    Attributes:
        number: As in `federation.reasons.STEPS`.
        state: How it ended.
        found: What was found: names, digests, sizes in bytes (`B`), `epoch/sequence`, `rows ×
            columns`; no words of a language. From hostile input, so shown as text only.
        code: Reason code where it doesn't hold.
    """

    number: int
    state: State
    found: str = ""
    code: str | None = None

    @property
    def name(self) -> str:
        """What the step looks at."""
        return STEPS[self.number]


@dataclass(frozen=True, slots=True)
class Seen:
    """An identity that the bundle carries.

    Attributes:
        participant: Whose it says it is.
        name: As the body calls itself.
        custodian: Who keeps the keys.
        first: Digest of the first document, the one to compare and to pin.
        pinned: Somebody trusted has vouched for it.
    """

    participant: str
    name: str
    custodian: str
    first: str
    pinned: bool


@dataclass(frozen=True, slots=True)
class Inspected:
    """One publication of a bundle.

    Attributes:
        number: Its place in the bundle, from 1.
        digest: The manifest's; None where the text is no JWS.
        manifest: Where it could be read and the signature held.
        steps: All fifteen, in order.
        identity: Digest of the first identity document whose key signed; None if unknown.
        pinned: Whether that identity is trusted; otherwise the steps after 4 show only that the
            bundle agrees with itself.
    """

    number: int
    digest: str | None
    manifest: Manifest | None
    steps: tuple[Step, ...]
    identity: str | None
    pinned: bool

    @property
    def verdict(self) -> Verdict:
        """How a receiver would decide: by the first step that fails, else held, else accepted."""
        for state in ("fails", "held"):
            for step in self.steps:
                if step.state == state and step.code is not None:
                    return REASONS[step.code].verdict
        return Verdict.ACCEPTED

    @property
    def code(self) -> str | None:
        """Reason code of the verdict; None when accepted."""
        for state in ("fails", "held"):
            for step in self.steps:
                if step.state == state:
                    return step.code
        return None


@dataclass(frozen=True, slots=True)
class Inspection:
    """A bundle, looked at.

    Attributes:
        publications: In the bundle's order.
        identities: Those that it carries.
        unreadable: Documents that it carries and that are none: folder, digest and why.
    """

    publications: tuple[Inspected, ...]
    identities: tuple[Seen, ...]
    unreadable: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the publications'; a bundle without one has nothing to be accepted: held."""
        found = {one.verdict for one in self.publications}
        for verdict in (Verdict.REFUSED, Verdict.TRANSPORT_FAULT, Verdict.HELD):
            if verdict in found:
                return verdict
        return Verdict.ACCEPTED if found else Verdict.HELD
