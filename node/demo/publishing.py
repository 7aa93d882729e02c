"""What the demo's communes publish: readings round by round, energy by the day, registers once.

Every row published is added to the truth that the figures are compared with.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Final

from node.clock import now_us
from node.demo import simulator
from node.demo.check import Truth
from node.demo.world import World
from node.node import Node
from schemas.territory import centre, territory

ENERGY_DAYS: Final = 3
"""Closed days of energy readings in the first round: compositions follow for each of them."""

LEAKS: Final = "fr-com-12253"
"""Salles-Curan: a sector of its network begins to leak in the first round."""

SILENT: Final = "fr-com-12266"
"""Ségur: a sector's meter falls silent in the first round."""

_LEAK_AFTER: Final = dt.timedelta(hours=25)
_SILENT_AFTER: Final = dt.timedelta(hours=26)

MEASURES: Final = (
    "comptage-mobilites.count",
    "eau-reseau.volume_m3",
    "energie-batiments.kwh",
    "projets.budgetPrevisionnel",
    "projets.id",
    "mediation-numerique.id",
    "covoiturage-lieux.nbre_pl",
)
"""What is compared with the simulated rows, at every level."""


@dataclass(slots=True)
class Communes:
    """The publishers.

    Attributes:
        world: Who takes part.
        nodes: All nodes.
        seed: Of the simulation.
        begin: Begin of the first round: a local midnight.
        until: Readings are published up to here.
        truth: The rows, added up the plain way.
        published: Publications handed to the nodes.
    """

    world: World
    nodes: list[Node]
    seed: int
    begin: dt.datetime
    until: dt.datetime
    truth: Truth = field(default_factory=Truth)
    published: int = 0

    def node_of(self, participant: str) -> Node:
        """The node that hosts a participant."""
        return next(node for node in self.nodes if participant in node.participants)

    def readings(self, end: dt.datetime) -> None:
        """Every commune publishes its counts and its network's readings up to a moment."""
        start = self.until
        for commune in self.world.communes:
            counted = simulator.counts(self.seed, commune, start, end)
            self.publish(commune, "comptage-mobilites", counted.csv, "comptages.csv")
            for _channel, moment, count in counted.values:
                if count is not None:
                    self.truth.add("comptage-mobilites.count", commune, moment, count)
            water = simulator.water(
                self.seed,
                commune,
                start,
                end,
                leak_from=self.begin + _LEAK_AFTER if commune == LEAKS else None,
                silent_from=self.begin + _SILENT_AFTER if commune == SILENT else None,
            )
            self.publish(commune, "eau-reseau", water.csv, "eau.csv")
            for _sector, moment, volume in water.volumes:
                self.truth.add("eau-reseau.volume_m3", commune, moment, volume)
        self.until = end

    def energy(self, start: dt.datetime, end: dt.datetime) -> None:
        """Every commune publishes the energy of its buildings on the days in [start, end)."""
        cold = start + dt.timedelta(days=1), end
        for commune in self.world.communes:
            used = simulator.energy(self.seed, commune, start, end, cold=cold)
            self.publish(commune, "energie-batiments", used.csv, "energie.csv")
            for _building, _carrier, moment, kwh in used.values:
                self.truth.add("energie-batiments.kwh", commune, moment, kwh)

    def registers(self) -> None:
        """Every commune publishes its projects, places of digital help and carpool places."""
        for commune in self.world.communes:
            name = territory(commune).name
            projects = simulator.projects(self.seed, commune, name)
            self.publish(commune, "projets", projects.data, "projets.json")
            self.truth.put("projets.budgetPrevisionnel", commune, projects.budgets)
            self.truth.put("projets.id", commune, projects.budgets, adds=False)
            places = simulator.digital_places(self.seed, commune, name)
            self.publish(commune, "mediation-numerique", places.data, "mediation.json")
            self.truth.put("mediation-numerique.id", commune, [1] * len(places.rows), adds=False)
            code = commune.rsplit("-", 1)[1].upper()
            shared = simulator.carpooling(self.seed, commune, name, centre=centre(code))
            self.publish(commune, "covoiturage-lieux", shared.data, "covoiturage.json")
            spaces = [int(row["nbre_pl"]) for row in shared.rows]
            self.truth.put("covoiturage-lieux.nbre_pl", commune, spaces)

    def publish(self, commune: str, schema: str, data: bytes, filename: str) -> None:
        """Publish a file as simulated.

        Raises:
            RuntimeError: The simulator made what its schema refuses.
        """
        result = self.node_of(commune).publish(
            data,
            filename=filename,
            schema=schema,
            participant=commune,
            origin="simulated",
            now_us=now_us(),
        )
        if not result.report.valid:
            raise RuntimeError(f"{commune}: {result.report.text('en')}")
        self.published += 1
