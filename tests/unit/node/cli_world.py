"""Running the command in this process, and files to run it on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from node.cli import app
from node.cli.language import Lang, use

ARVIEU = "fr-com-12011"

GOOD_CSV = (
    "channel_id,counter_id,start_datetime,end_datetime,count\n"
    "C1,,2026-03-01T00:00:00+01:00,2026-03-01T01:00:00+01:00,12\n"
    "C1,,2026-03-01T01:00:00+01:00,2026-03-01T02:00:00+01:00,30\n"
    "C1,,2026-03-02T00:00:00+01:00,2026-03-02T01:00:00+01:00,5\n"
)
BAD_CSV = GOOD_CSV.replace(",30\n", ",trente\n")


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Maillage:
    """The command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys = capsys
        self.folder = folder
        self.data = folder / "node"

    def __call__(self, *arguments: object) -> Answer:
        self._capsys.readouterr()
        status = app.run([str(one) for one in arguments])
        found = self._capsys.readouterr()
        assert "Traceback" not in found.out + found.err
        return Answer(status, found.out, found.err)

    def file(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def init(self, *more: object) -> Answer:
        return self("init", "--data", self.data, "--participant", ARVIEU, *more)


@pytest.fixture
def maillage(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Maillage]:
    for name in ("MAILLAGE_LANG", "MAILLAGE_DATA", "MAILLAGE_HUB_DATA", "MAILLAGE_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    yield Maillage(capsys, tmp_path)
    use(Lang.FR)
