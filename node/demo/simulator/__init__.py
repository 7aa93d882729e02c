"""Simulated data, the same for the same seed: what sensors, services and projects might say.

Pure: files as bytes, as a commune or a municipality abroad (`xx-lau-…`) would have them, beside
what they say, so that figures can be checked. Published with origin `simulated`; texts that people
read say so too. What has no value has no number: a sensor that is silent gives no row.
"""

from node.demo.simulator.energy import Energy, energy
from node.demo.simulator.projects import Projects, projects
from node.demo.simulator.registers import Register, carpooling, digital_places, twinnings
from node.demo.simulator.traffic import CHANNELS, STEP, Counts, counts
from node.demo.simulator.water import LEAK_ALARM_AFTER, SECTORS, Water, water

__all__ = [
    "CHANNELS",
    "LEAK_ALARM_AFTER",
    "SECTORS",
    "STEP",
    "Counts",
    "Energy",
    "Projects",
    "Register",
    "Water",
    "carpooling",
    "counts",
    "digital_places",
    "energy",
    "projects",
    "twinnings",
    "water",
]
