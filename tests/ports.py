"""Ports for servers that tests start.

By chance, as tests run beside each other; and below those that Linux gives to connections that leave (32768 and up), as
one that was free a moment ago is then some client's, and nobody can listen on it until a minute after that client.
"""
import random
import socket


def free_port():
    """A TCP port that nobody listens on."""
    return _free(range(10000, 20000), (socket.SOCK_STREAM,), 1)


def free_udp_port(count=1):
    """The first of so many, free for UDP and TCP: a worker has the same number of both."""
    return _free(range(20000, 32000), (socket.SOCK_DGRAM, socket.SOCK_STREAM), count)


def _free(ports, kinds, count):
    while True:
        port = random.choice(ports)
        held = [(socket.socket(socket.AF_INET6, kind), port + k) for kind in kinds for k in range(count)]
        try:
            for s, number in held:
                s.bind(("::", number))
            return port
        except OSError:
            continue
        finally:
            for s, _ in held:
                s.close()
