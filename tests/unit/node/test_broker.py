"""The broker as a child process: started, watched, reloaded, killed, taken over. Real servers."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import nats
import pytest

from node.broker import (
    Broker,
    BrokerError,
    check_config,
    find_server,
    reload_running,
    running_pid,
    running_url,
)

CONFIG = """
listen: "127.0.0.1:{port}"
ports_file_dir: "{run}"
pid_file: "{run}/nats.pid"
log_file: "{run}/nats.log"
jetstream {{ store_dir: "{run}/store", sync_interval: always }}
{more}
"""


def write_config(run: Path, port: int = -1, more: str = "") -> Path:
    run.mkdir(exist_ok=True)
    file = run / "test.conf"
    file.write_text(CONFIG.format(port=port, run=run, more=more))
    return file


def is_alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return b"nats-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


async def test_it_starts_on_a_free_port_of_the_loopback_and_ends(tmp_path: Path):
    config = write_config(tmp_path)
    async with Broker(config, tmp_path) as broker:
        assert broker.url.startswith("nats://127.0.0.1:")
        assert running_pid(config, tmp_path) == broker.pid
        assert running_url(config, tmp_path) == broker.url
        client = await nats.connect(broker.url)
        await client.flush()
        await client.close()
        pid = broker.pid
        assert "Server is ready" in broker.log_file.read_text()
    assert broker.pid is None
    assert pid is not None
    assert not is_alive(pid)
    assert running_pid(config, tmp_path) is None
    assert running_url(config, tmp_path) is None


async def test_a_death_is_noticed_and_a_new_start_keeps_port_and_data(tmp_path: Path):
    async with Broker(write_config(tmp_path), tmp_path) as broker:
        client = await nats.connect(broker.url)
        js = client.jetstream()
        await js.add_stream(name="S", subjects=["s.>"])
        for number in range(20):
            await js.publish("s.a", str(number).encode())
        await client.close()
        url, pid = broker.url, broker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert await broker.wait() == -signal.SIGKILL
        assert broker.pid is None
        await broker.start()
        assert broker.url == url
        client = await nats.connect(broker.url)
        info = await client.jetstream().stream_info("S")
        assert info.state.messages == 20
        await client.close()


async def test_a_taken_port_is_said(tmp_path: Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        config = write_config(tmp_path, port=other.getsockname()[1])
        with pytest.raises(BrokerError) as caught:
            await Broker(config, tmp_path).start()
    assert caught.value.code == "port-taken"
    assert caught.value.remedy
    async with Broker(config, tmp_path) as broker:  # once it is free, the same folder serves
        assert broker.pid


async def test_a_second_owner_is_refused_and_the_first_unharmed(tmp_path: Path):
    config = write_config(tmp_path)
    async with Broker(config, tmp_path) as broker:
        with pytest.raises(BrokerError) as caught:
            await Broker(config, tmp_path).start()
        assert caught.value.code == "broker-busy"
        client = await nats.connect(broker.url)
        await client.flush()
        await client.close()


ORPHAN = """
import asyncio, sys
from pathlib import Path
from node.broker import Broker
async def main():
    run = Path(sys.argv[1])
    broker = Broker(run / "test.conf", run)
    await broker.start()
    print(broker.pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


async def test_what_a_killed_owner_left_behind_is_replaced(tmp_path: Path):
    config = write_config(tmp_path)
    owner = subprocess.Popen(  # noqa: ASYNC220 - it starts and ends on its own
        [sys.executable, "-c", ORPHAN, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    orphan = int(owner.stdout.readline())
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert is_alive(orphan)
    async with Broker(config, tmp_path) as broker:
        assert broker.pid != orphan
        assert not is_alive(orphan)


async def test_a_bad_configuration_is_refused_before_and_after_the_start(tmp_path: Path):
    config = write_config(tmp_path, more="accounts { A { users: [ {nkey: nonsense} ] } }")
    with pytest.raises(BrokerError) as caught:
        check_config(config)
    assert caught.value.code == "broker-config"
    assert "nkey" in str(caught.value)
    with pytest.raises(BrokerError) as caught:
        await Broker(config, tmp_path).start()
    assert caught.value.code == "broker-start"
    assert "nkey" in str(caught.value)


async def test_a_reload_is_confirmed_or_refused(tmp_path: Path):
    config = write_config(tmp_path)
    async with Broker(config, tmp_path) as broker:
        await broker.reload()
        write_config(tmp_path, more="accounts { A { users: [ {nkey: nonsense} ] } }")
        with pytest.raises(BrokerError) as caught:
            await broker.reload()
        assert caught.value.code == "broker-config"
        client = await nats.connect(broker.url)  # the old configuration holds on
        await client.flush()
        await client.close()


async def test_a_process_that_is_no_broker_gets_no_signal(tmp_path: Path):
    config = write_config(tmp_path)
    (tmp_path / "nats.pid").write_text(str(os.getpid()))
    assert running_pid(config, tmp_path) is None
    assert await reload_running(config, tmp_path) is False
    (tmp_path / "nats.pid").write_text("nonsense")
    assert running_pid(config, tmp_path) is None


async def test_waiting_for_what_does_not_run(tmp_path: Path):
    with pytest.raises(BrokerError) as caught:
        await Broker(write_config(tmp_path), tmp_path).wait()
    assert caught.value.code == "broker-stopped"


async def test_stopping_twice_does_no_harm(tmp_path: Path):
    broker = Broker(write_config(tmp_path), tmp_path)
    await broker.start()
    await asyncio.gather(broker.stop(), broker.stop())
    await broker.stop()


def test_a_missing_program_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert find_server().is_file()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrokerError) as caught:
        find_server()
    assert caught.value.code == "broker-missing"
    program = tmp_path / "nats-server"
    program.touch(mode=0o755)
    assert find_server() == program
