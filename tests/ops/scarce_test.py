#!/usr/bin/env python3
"""What runs out: descriptors of control and of a worker. scarce_test.py SALON. Exit 1 if a test fails."""
import os
import resource
import socket
import sys

from running import main, wait_for


def worker_pid(salon):
    return salon.admin("GET", "/admin/v1/workers").json["workers"][0]["pid"]


def held(pid):
    return {int(fd) for fd in os.listdir(f"/proc/{pid}/fd")}


def allow(pid, more):
    """So many more descriptors than it has; what it may have usually."""
    usual = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (max(held(pid)) + 1 + more, usual[1]))
    return usual


def crowd(address, count):
    """So many connections, whether or not anybody takes them."""
    made = []
    for _ in range(count):
        s = socket.socket()
        s.settimeout(20)
        s.connect(address)
        made.append(s)
    return made


def control_without_descriptors_serves_who_is_there_and_recovers(make):
    salon = make()
    pid, worker = salon.process.pid, worker_pid(salon)
    # Who is there already goes on: this connection was taken before.
    before = socket.create_connection(("127.0.0.1", salon.port), timeout=20)
    before.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 200 " in before.recv(4096)
    usual = allow(pid, 8)
    many = crowd(("127.0.0.1", salon.port), 40)
    salon.said("http.accept")  # those who cannot be taken wait; it is said, once a second at most
    before.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b" 200 " in before.recv(4096)
    for s in many:
        s.close()
    # There is room again, without anybody's help, and no worker was lost for it.
    wait_for(lambda: len(held(pid)) <= usual[0] and answers(salon), why="it does not recover")
    resource.prlimit(pid, resource.RLIMIT_NOFILE, usual)
    assert salon.room(salon.tenant())["url"]
    assert worker_pid(salon) == worker
    before.close()
    assert salon.stop() == 0


def answers(salon):
    try:
        return salon.ask("GET", "/healthz").status == 200
    except OSError:
        return False


def worker_without_descriptors_goes_on_and_recovers(make):
    salon = make()
    worker = worker_pid(salon)
    port = salon.settings["media"]["port"]
    usual = allow(worker, 4)
    many = crowd(("127.0.0.1", port), 30)
    # It still hears control, and says so: statistics come once a second.
    wait_for(lambda: salon.admin("GET", "/readyz").status == 200)
    for s in many:
        s.close()
    resource.prlimit(worker, resource.RLIMIT_NOFILE, usual)
    # A connection is taken again: garbage on it is answered by its end.
    def is_taken():
        with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
            s.sendall(b"\0\0" * 40)
            s.settimeout(1)
            try:
                return s.recv(1) == b""
            except ConnectionResetError:
                return True
            except TimeoutError:
                return False

    wait_for(is_taken, why="no connection is taken any more")
    assert worker_pid(salon) == worker, "it was started anew"
    assert salon.stop() == 0


if __name__ == "__main__":
    sys.exit(main(control_without_descriptors_serves_who_is_there_and_recovers,
                  worker_without_descriptors_goes_on_and_recovers))
