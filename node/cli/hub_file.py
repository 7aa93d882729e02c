"""The hub's settings file, `maillage-hub.toml` in its folder: what its operator chose.

docs/settings.md lists them; a test keeps that page true.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from federation.errors import MalformedError
from node.hub.config import HubSettings, Tls

FILE_NAME: Final = "maillage-hub.toml"

_DEFAULT: Final = HubSettings()
_Bytes = Annotated[int, Field(ge=1024 * 1024)]


class HubFile(BaseModel):
    """A hub's settings as its file has them.

    Attributes:
        hub_id: Name, lower case; no two hubs share one.
        host: Address to listen on; the loopback unless chosen otherwise.
        port: TCP port; 0 lets the system choose.
        tls_certificate: PEM file with the chain; needed in earnest when others connect.
        tls_key: PEM file of its key.
        max_file_bytes: Disk that both streams may take together.
        pub_max_bytes: Disk for publications; the oldest go first (the hub is a buffer).
        pub_max_age_s: Publications older than this go; 0 keeps them.
        doc_max_bytes: Disk for documents and receipts; when full, new ones are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    hub_id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,48}$")] = _DEFAULT.hub_id
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,255}$")] = _DEFAULT.host
    port: Annotated[int, Field(ge=0, le=65535)] = _DEFAULT.port
    tls_certificate: str = ""
    tls_key: str = ""
    max_file_bytes: _Bytes = _DEFAULT.max_file_bytes
    pub_max_bytes: _Bytes = _DEFAULT.pub_max_bytes
    pub_max_age_s: Annotated[int, Field(ge=0)] = _DEFAULT.pub_max_age_s
    doc_max_bytes: _Bytes = _DEFAULT.doc_max_bytes

    @model_validator(mode="after")
    def _agrees(self) -> "HubFile":
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together")
        if self.pub_max_bytes + self.doc_max_bytes > self.max_file_bytes:
            raise ValueError("max_file_bytes: at least pub_max_bytes and doc_max_bytes together")
        return self

    def settings(self) -> HubSettings:
        """What a hub is run with."""
        tls = None
        if self.tls_certificate:
            tls = Tls(Path(self.tls_certificate), Path(self.tls_key))
        return HubSettings(
            hub_id=self.hub_id,
            host=self.host,
            port=self.port,
            tls=tls,
            max_file_bytes=self.max_file_bytes,
            pub_max_bytes=self.pub_max_bytes,
            pub_max_age_s=self.pub_max_age_s,
            doc_max_bytes=self.doc_max_bytes,
        )


def load(root: Path, **chosen: Any) -> HubFile:
    """Read a hub's settings.

    Args:
        root: The hub's folder.
        chosen: What goes before the file; None is left out.

    Raises:
        MalformedError: `hub-settings`: which one, and why.
    """
    path = root / FILE_NAME
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        given = {name: value for name, value in chosen.items() if value is not None}
        return HubFile.model_validate(found | given)
    except (ValidationError, ValueError) as error:
        text = str(error)
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_context=False)[0]
            text = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise MalformedError(
            f"{FILE_NAME} or an option: {text}"[:300],
            code="hub-settings",
            remedy="docs/settings.md lists every setting",
        ) from error


def save(root: Path, chosen: HubFile) -> Path:
    """Write a hub's settings, all of them, so that the file can be edited.

    Returns:
        The file.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = root / FILE_NAME
    lines = ["# Settings of this exchange point; docs/settings.md says what each does."]
    lines += [f"{name} = {_value(value)}" for name, value in chosen.model_dump().items()]
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)
    return path


def _value(value: str | int) -> str:
    """A value in TOML; a text as a literal or, where that can't be, as a basic string."""
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
