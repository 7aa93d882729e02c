"""The lock files agree: what the image installs is what was tested, and nothing more."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_START = re.compile(r"^(?P<requirement>[A-Za-z0-9][^\\#]*?)\s*\\?$")


@dataclass(frozen=True)
class Pin:
    """A requirement of a lock file."""

    version: str
    hashes: frozenset[str]


def pins(name: str) -> dict[str, Pin]:
    """What a lock file pins, by name."""
    found: dict[str, tuple[str, set[str]]] = {}
    current: set[str] = set()
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        start = _START.match(line)
        if start is not None:
            requirement = Requirement(start["requirement"])
            (version,) = (one.version for one in requirement.specifier if one.operator == "==")
            current = set()
            assert canonicalize_name(requirement.name) not in found, f"{name}: {line}"
            found[canonicalize_name(requirement.name)] = version, current
        current.update(re.findall(r"--hash=(sha256:[0-9a-f]{64})", line))
    return {one: Pin(version, frozenset(hashes)) for one, (version, hashes) in found.items()}


DEV = pins("requirements.lock")
RUNTIME = pins("requirements.runtime.lock")
BUILD = pins("requirements.build.lock")


def wanted(*texts: str) -> dict[str, Requirement]:
    return {canonicalize_name(Requirement(one).name): Requirement(one) for one in texts}


@pytest.mark.parametrize("locked", [DEV, RUNTIME, BUILD], ids=["dev", "runtime", "build"])
def test_every_pin_has_its_hashes(locked: dict[str, Pin]):
    assert locked
    assert [name for name, pin in locked.items() if not pin.hashes] == []


@pytest.mark.parametrize("locked", [RUNTIME, BUILD], ids=["runtime", "build"])
def test_the_image_installs_what_was_tested(locked: dict[str, Pin]):
    both = {name: (pin, DEV[name]) for name, pin in locked.items() if name in DEV}
    assert {name: pair for name, pair in both.items() if pair[0] != pair[1]} == {}, "make lock"


def test_the_runtime_lock_has_what_the_project_wants_and_no_tools():
    project = PROJECT["project"]
    extra = project["optional-dependencies"]["postgresql"]
    asked = wanted(*project["dependencies"], *extra)
    missing = {
        name
        for name, requirement in asked.items()
        if name not in RUNTIME or RUNTIME[name].version not in requirement.specifier
    }
    assert missing == set(), "make lock"
    tools = wanted(*(one for one in PROJECT["dependency-groups"]["dev"] if isinstance(one, str)))
    assert (set(tools) - set(asked)) & set(RUNTIME) == set()
    assert set(RUNTIME) <= set(DEV)


def test_the_build_lock_has_what_makes_the_wheel():
    asked = wanted(*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"])
    assert {
        name
        for name, requirement in asked.items()
        if name not in BUILD or BUILD[name].version not in requirement.specifier
    } == set(), "make lock"
