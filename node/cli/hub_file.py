"""The hub's settings file, `maillage-hub.toml` in its folder: what its operator chose.

docs/settings.md lists them; a test keeps that page true.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from federation.errors import MalformedError
from node.hub.config import HubSettings, Tls, WebSocket
from node.link.address import authority
from node.link.proxy import is_loopback

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
        websocket_port: Port of a second listener for WebSocket (`wss://` with the certificate
            above), for nodes behind an HTTP proxy: 443 in earnest, 0 for any free one; none
            unless set.
        websocket_host: Address of that listener; that of `host` unless set.
        websocket_behind_tls: A reverse proxy before that listener ends TLS: it then listens
            without, on any address.
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
    websocket_port: Annotated[int, Field(ge=0, le=65535)] | None = None
    websocket_host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{0,255}$")] = ""
    websocket_behind_tls: bool = False
    max_file_bytes: _Bytes = _DEFAULT.max_file_bytes
    pub_max_bytes: _Bytes = _DEFAULT.pub_max_bytes
    pub_max_age_s: Annotated[int, Field(ge=0)] = _DEFAULT.pub_max_age_s
    doc_max_bytes: _Bytes = _DEFAULT.doc_max_bytes

    @model_validator(mode="after")
    def _agrees(self) -> "HubFile":
        if bool(self.tls_certificate) != bool(self.tls_key):
            raise ValueError("tls_certificate and tls_key go together")
        plain = self.websocket_behind_tls or self.tls_certificate
        if self.websocket_port is not None and not plain and not is_loopback(self._web_host):
            raise ValueError(
                "websocket_port on other addresses than the loopback wants tls_certificate, or"
                " websocket_behind_tls where a reverse proxy ends TLS"
            )
        if self.pub_max_bytes + self.doc_max_bytes > self.max_file_bytes:
            raise ValueError("max_file_bytes: at least pub_max_bytes and doc_max_bytes together")
        return self

    @property
    def _web_host(self) -> str:
        return self.websocket_host or self.host

    @property
    def websocket_shown(self) -> str:
        """The second listener for people; empty without one."""
        if self.websocket_port is None:
            return ""
        scheme = "wss" if self.tls_certificate and not self.websocket_behind_tls else "ws"
        return f"{scheme}://{authority(self._web_host, self.websocket_port)}"

    def settings(self) -> HubSettings:
        """What a hub is run with."""
        tls = None
        if self.tls_certificate:
            tls = Tls(Path(self.tls_certificate), Path(self.tls_key))
        websocket = None
        if self.websocket_port is not None:
            ends_elsewhere = self.websocket_behind_tls
            websocket = WebSocket(
                self.websocket_port, self._web_host, None if ends_elsewhere else tls
            )
        return HubSettings(
            hub_id=self.hub_id,
            host=self.host,
            port=self.port,
            tls=tls,
            websocket=websocket,
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
    lines += [
        f"# {name} =" if value is None else f"{name} = {_value(value)}"
        for name, value in chosen.model_dump().items()
    ]
    temporary = path.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(path)
    return path


def _value(value: str | int) -> str:
    """A value in TOML; a text as a basic string."""
    if isinstance(value, int):
        return str(value).lower()  # TOML writes true and false
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
