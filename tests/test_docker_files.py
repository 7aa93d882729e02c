"""docker/: what the files name exists, and what secures the containers stays. No engine needed."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from node.cli import app
from node.cli.reference import NOT_SETTINGS, PREFIX
from node.settings import HubAddress, Settings
from tests.docker import report

ROOT = Path(__file__).parents[1]
DOCKER = ROOT / "docker"
FILES = ("compose.yaml", "commune.yaml")
ONE_SHOT = {"setup", "init"}
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | set(NOT_SETTINGS)


def services(name: str) -> dict[str, dict[str, Any]]:
    found = yaml.safe_load((DOCKER / name).read_text(encoding="utf-8"))
    assert found["version"].startswith("3")
    return found["services"]


CASES = [
    pytest.param(name, service, id=f"{name} {service}")
    for name in FILES
    for service in services(name)
]


def words_exist(words: list[str]) -> None:
    """A command line that the program knows, with options that it has."""
    command = app.command()
    rest = list(words)
    while rest and rest[0] in getattr(command, "commands", {}):
        command = command.commands[rest.pop(0)]
    assert not getattr(command, "commands", {}), f"{words}: {rest[:1]} is no command"
    known = {option for one in command.params for option in one.opts} | {"--help", "--lang"}
    assert {one for one in rest if one.startswith("--")} <= known, words


@pytest.mark.parametrize(("name", "service"), CASES)
def test_every_container_is_locked_down(name: str, service: str):
    found = services(name)[service]
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert found["security_opt"] == ["no-new-privileges:true"]
    assert [one.partition(":")[0] for one in found["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's own
    forbidden = {"privileged", "cap_add", "devices", "pid", "ipc", "user", "group_add"}
    assert not forbidden & set(found)
    assert all("docker.sock" not in one for one in found.get("volumes", []))
    assert found.get("network_mode") in (None, "none")


@pytest.mark.parametrize(("name", "service"), CASES)
def test_ports_are_published_on_the_loopback_only(name: str, service: str):
    for port in services(name)[service].get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\$\{[A-Z0-9_]+:-\d+\}:(8080|4222)", port), port


@pytest.mark.parametrize(("name", "service"), CASES)
def test_what_serves_is_watched_and_comes_back(name: str, service: str):
    found = services(name)[service]
    assert found["init"] is True
    if service in ONE_SHOT:
        assert found["restart"] == "no"
        assert found["healthcheck"] == {"disable": True}
        return
    assert found["restart"] == "unless-stopped"
    assert found["healthcheck"]["test"] == ["CMD", "python", "-m", "node.health"]
    assert sum(one.endswith(":/data") for one in found["volumes"]) == 1
    (setup,) = found["depends_on"]
    assert setup in ONE_SHOT
    assert found["depends_on"][setup] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", FILES)
def test_no_two_services_share_a_volume(name: str):
    taken = [
        one
        for service, found in services(name).items()
        if service not in ONE_SHOT
        for one in found["volumes"]
        if one.endswith(":/data")
    ]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize(("name", "service"), CASES)
def test_commands_and_settings_exist(name: str, service: str):
    found = services(name)[service]
    if "command" in found:
        words_exist(found["command"])
    given = {one for one in found.get("environment", {}) if one.startswith(PREFIX)}
    assert given <= SETTINGS


def test_the_composed_federation_is_the_one_described():
    found = services("compose.yaml")
    assert set(found) == {"setup", "hub", "epci", "commune-1", "commune-2"}
    mounted = {one.partition(":")[0]: one.partition(":")[2] for one in found["setup"]["volumes"]}
    order = ["hub", "epci", "commune-1", "commune-2"]
    assert [mounted[one] for one in order] == [f"/volumes/{at}" for at in (1, 2, 3, 4)]


def test_the_commands_of_the_setup_exist():
    script = (DOCKER / "setup.sh").read_text(encoding="utf-8").replace("\\\n", " ")
    calls = [shlex.split(one)[2:] for one in script.splitlines() if "run maillage" in one]
    assert len(calls) >= 10
    for words in calls:
        words_exist([one for one in words if one != "-o"])


def _variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{([A-Z0-9_]+)", text))


def test_the_example_has_every_variable_of_the_communes_file():
    example = (DOCKER / ".env.example").read_text(encoding="utf-8")
    given = dict(line.split("=", 1) for line in example.splitlines() if re.match(r"[A-Z]", line))
    used = _variables((DOCKER / "commune.yaml").read_text(encoding="utf-8"))
    assert set(given) == used - {"MAILLAGE_IMAGE", "VOLUME", "LOCAL"}
    HubAddress(**json.loads(given["MAILLAGE_HUBS"])[0])
    Settings(charters=json.loads(given["MAILLAGE_CHARTERS"]))
    assert ".env" in {Path(one).name for one in (ROOT / ".gitignore").read_text().splitlines()}


# -- the image ---------------------------------------------------------------------------------

DOCKERFILE = (DOCKER / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")


def _lines(instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} +(.*)$", DOCKERFILE, re.MULTILINE)


def test_the_image_says_its_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    arguments = dict(one.split("=", 1) for one in _lines("ARG"))
    assert arguments["VERSION"] == project["version"]
    labels = " ".join(_lines("LABEL"))
    assert f'org.opencontainers.image.licenses="{project["license"]}"' in labels
    for name in ("title", "description", "version", "revision"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_the_image_runs_as_nobody_special_and_says_how_it_is():
    assert _lines("USER") == ["10001:10001"]
    assert _lines("VOLUME") == ["/data"]
    assert _lines("STOPSIGNAL") == ["SIGTERM"]
    assert _lines("ENTRYPOINT") == ['["maillage"]']
    (command,) = _lines("CMD")
    words_exist(json.loads(command))
    (check,) = _lines("HEALTHCHECK")
    assert json.loads(check[check.index("[") :]) == ["python", "-m", "node.health"]
    assert (ROOT / "node" / "health.py").exists()


def test_dependencies_come_by_hash_and_nothing_else_is_fetched():
    installs = [one for one in _lines("RUN") if "pip --python" in one]
    for line in installs:
        for one in re.findall(r"pip --python.*?(?=&&|$)", line):
            assert "--require-hashes" in one or "--no-index" in one, one
    assert not re.search(r"\b(curl|wget|git|apt-get)\b", " ".join(_lines("RUN")))
    assert _lines("ADD") == []


def test_settings_of_the_image_exist():
    given = set(re.findall(rf"\b({PREFIX}[A-Z_]+)=", " ".join(_lines("ENV"))))
    assert given
    assert given <= SETTINGS


def test_only_what_is_copied_goes_to_the_engine():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [one for one in ignored if one and not one.startswith("#")]
    assert rules[0] == "*"
    allowed = {one[1:] for one in rules if one.startswith("!")}
    copied: set[str] = set()
    for line in _lines("COPY"):
        words = [one for one in line.split() if not one.startswith("--")]
        if "--from=" not in line:
            copied |= set(words[:-1])
    assert copied == allowed
    assert all((ROOT / one).exists() for one in allowed)


def test_the_readme_has_a_place_for_the_figures():
    page = report.README.read_text(encoding="utf-8")
    assert page.count(report.BEGIN) == page.count(report.END) == 1
    assert page.index(report.BEGIN) < page.index(report.END)
