#!/usr/bin/env python3
"""The configuration: what the environment says, what is read again while the server runs: reload_test.py SALON."""
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

from running import SALON, free_port, main, make_certificate, wait_for


def subject(port):
    """Who the certificate that is shown is for."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        with ssl._create_unverified_context().wrap_socket(s) as tls:
            shown = tls.getpeercert(binary_form=True)
    text = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject"], input=shown,
                          capture_output=True, check=True).stdout.decode()
    return text.split("CN = ")[1].strip()


def with_tls(make, cert, key, **more):
    return make({"http": {"tls": {"cert": cert, "key": key}, **more}})


def sighup_takes_over_what_it_can_and_names_the_rest(make):
    s = make()
    key = s.tenant()
    s.change({"limits": {"rooms_per_minute": 1}, "log": {"level": "debug"}, "http": {"port": free_port()}})
    s.signal(signal.SIGHUP)
    s.said("reload.done")
    log = s.read_log()
    for line in ("reload.taken who=control field=limits.rooms_per_minute",
                 "reload.taken who=control field=log.level",
                 "reload.needs_restart who=control field=http.port"):
        assert line in log, log
    auth = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    statuses = [s.ask("POST", "/api/v1/rooms", "{}", auth).status for _ in range(2)]
    assert statuses == [201, 429], statuses


def a_file_that_is_wrong_changes_nothing(make):
    s = make()
    s.change({"limits": {"rooms_per_minute": 0, "joins_per_minute": "many"}})
    s.signal(signal.SIGHUP)
    s.said("reload.failed")
    assert "limits.joins_per_minute" in s.read_log()
    done = s.command("reload", "--state", s.state, check=False)
    assert done.returncode == 1 and "joins_per_minute" in done.stderr, done
    s.change({"limits": {"joins_per_minute": 7}})
    assert json.loads(s.command("reload").stdout)["draining"] is False
    s.said("reload.taken who=control field=limits.joins_per_minute")


def lists_and_their_secrets_are_read_again_and_never_logged(make):
    s = make({"ice_servers": [{"urls": ["turn:a.example"], "username": "u", "credential": "secret-one"}]})
    s.change({"ice_servers": [{"urls": ["turn:b.example"], "username": "u", "credential": "secret-two"}],
              "webhooks": {"allow": ["10.0.0.0/8"]}})
    s.signal(signal.SIGHUP)
    s.said("reload.done")
    log = s.read_log()
    assert "field=ice_servers" in log and "field=webhooks.allow" in log, log
    assert "secret-" not in log and "b.example" not in log, log


def a_renewed_certificate_is_shown_without_being_told(make):
    first = make_certificate("/tmp", f"salon-ops-a-{os.getpid()}", "rsa")
    second = make_certificate("/tmp", f"salon-ops-b-{os.getpid()}", "ec")
    try:
        s = with_tls(make, *first)
        assert subject(s.port).startswith("salon-ops-a-")
        held = socket.create_connection(("127.0.0.1", s.port), timeout=20)
        held = ssl._create_unverified_context().wrap_socket(held)  # goes on over the renewal
        for new, old in zip(second, first):
            os.replace(new, old)
        wait_for(lambda: subject(s.port).startswith("salon-ops-b-"), why=s.read_log)
        held.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert held.recv(100).startswith(b"HTTP/1.1 200")
        held.close()
    finally:
        for file in first + second:
            if os.path.exists(file):
                os.unlink(file)


def a_tls_connection_lasts_as_long_as_one_without(make):
    pair = make_certificate("/tmp", f"salon-ops-e-{os.getpid()}", "ec")
    try:
        s = with_tls(make, *pair)
        context = ssl._create_unverified_context()
        silent, busy = (context.wrap_socket(socket.create_connection(("127.0.0.1", s.port), timeout=20))
                        for _ in range(2))
        ask = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for _ in range(6):  # the library's own patience is 5 s
            busy.sendall(ask)
            assert busy.recv(2000).startswith(b"HTTP/1.1 200")
            time.sleep(1)
        for held in (silent, busy):
            held.sendall(ask)
            assert held.recv(2000).startswith(b"HTTP/1.1 200")
    finally:
        for file in pair:
            os.unlink(file)


def a_bad_pair_leaves_the_certificate_that_is_shown(make):
    one = make_certificate("/tmp", f"salon-ops-c-{os.getpid()}", "ec")
    two = make_certificate("/tmp", f"salon-ops-d-{os.getpid()}", "ec")
    try:
        s = with_tls(make, *one)
        s.change({"http": {"tls": {"cert": two[0], "key": one[1]}}})
        s.signal(signal.SIGHUP)
        s.said("reload.refused who=control field=http.tls.cert")
        assert subject(s.port).startswith("salon-ops-c-")
        s.change({"http": {"tls": {"cert": two[0], "key": two[1]}}})
        s.signal(signal.SIGHUP)
        wait_for(lambda: subject(s.port).startswith("salon-ops-d-"), why=s.read_log)
        assert "reload.taken who=control field=http.tls.cert" in s.read_log()
    finally:
        for file in one + two:
            os.unlink(file)


def the_environment_says_what_the_file_does_not(make):
    port = free_port()
    s = make({"admin": {"listen": "127.0.0.1", "port": port}}, env={"SALON_ADMIN_TOKEN": "not-in-any-file-1"})
    assert s.ask("GET", "/admin/v1/status", port=port).status == 401
    assert s.ask("GET", "/metrics", port=port).status == 401
    assert s.ask("GET", "/admin/v1/status", port=port, headers={"Authorization": "Bearer wrong"}).status == 401
    right = {"Authorization": "Bearer not-in-any-file-1"}
    assert s.ask("GET", "/admin/v1/status", port=port, headers=right).json["workers"] == 1
    assert s.ask("GET", "/readyz", port=port).status == 200
    assert s.ask("GET", "/admin/v1/status", headers=right).status == 404, "the public listener has no admin API"
    assert "not-in-any-file" not in s.read_log()


def what_is_wrong_in_the_environment_is_named(make):
    s = make()
    for variable, value, why in (("SALON_HTTP_PORT", "no", "is not a number"),
                                 ("SALON_LOG_LEVEL", "loud", "is not error, warn"),
                                 ("SALON_ADMIN_TOKEN", "short", "fewer than 16")):
        done = subprocess.run([SALON, "check-config", s.file], env={**s.env, variable: value}, text=True,
                              capture_output=True)
        assert done.returncode == 1 and f"{variable}: " in done.stderr and why in done.stderr, done.stderr
        assert value != "short" or "short" not in done.stderr, "a secret is not shown"


def an_admin_api_for_others_needs_a_token(make):
    s = make()
    s.change({"admin": {"listen": "0.0.0.0"}})
    done = subprocess.run([SALON, "check-config", s.file], env=s.env, text=True, capture_output=True)
    assert done.returncode == 1 and "admin.listen" in done.stderr and ".yaml:" in done.stderr, done.stderr


if __name__ == "__main__":
    sys.exit(main(sighup_takes_over_what_it_can_and_names_the_rest, a_file_that_is_wrong_changes_nothing,
                  lists_and_their_secrets_are_read_again_and_never_logged,
                  a_renewed_certificate_is_shown_without_being_told,
                  a_tls_connection_lasts_as_long_as_one_without, a_bad_pair_leaves_the_certificate_that_is_shown,
                  the_environment_says_what_the_file_does_not,
                  what_is_wrong_in_the_environment_is_named, an_admin_api_for_others_needs_a_token))
