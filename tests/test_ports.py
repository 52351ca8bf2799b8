"""Ports for tests: given to one, and not again while somebody listens there."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

from tests.ports import EACH, FIRST, LAST, free_port

ASK = "from tests.ports import free_port; import sys; print(free_port()); sys.stdout.flush(); sys.stdin.read()"


def test_a_port_is_not_given_again_while_somebody_listens_there() -> None:
    with socket.create_server(("127.0.0.1", free_port())) as server:
        taken = server.getsockname()[1]
        assert taken not in {free_port() for _ in range(EACH)}
    assert taken in {free_port() for _ in range(EACH)}


def test_ports_lie_below_those_that_the_system_gives_to_connections() -> None:
    lowest = Path("/proc/sys/net/ipv4/ip_local_port_range")
    assert FIRST < free_port() < LAST
    assert not lowest.exists() or int(lowest.read_text().split()[0]) >= LAST


def test_two_processes_have_no_port_in_common() -> None:
    mine = {free_port() for _ in range(EACH)}
    other = subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    theirs = int(other.stdout.readline())
    other.communicate("")
    assert theirs not in range(min(mine) // EACH * EACH, min(mine) // EACH * EACH + EACH)
