"""salon-load against a whole server, and against servers that are none."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import threading


CLIPS = tempfile.TemporaryDirectory(prefix="salon-clips-")


class Nonsense:
    """Takes connections and says `answer` to whatever is asked; None: closes, "": never answers."""

    def __init__(self, answer):
        self.answer, self.held = answer, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            if self.answer is None:
                one.close()
                continue
            self.held.append(one)
            if self.answer:
                one.recv(65536)
                one.sendall(self.answer)
                one.close()


def load(program, *args, key="", timeout=300):
    return subprocess.run([program, "--quiet", "yes", "--clips", CLIPS.name, *args], env=os.environ | {"SALON_KEY": key}, text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)


def result(run):
    """(figures, errors) of a run that printed JSON."""
    whole = json.loads(run.stdout)
    return whole["figures"], whole["errors"]


def people_see_each_other(program, server):
    run = load(program, "--url", server.url, "--conference", "3", "--verify", "1", "--duration", "2", "--settle", "1",
               "--json", "-", "--pid", str(server.process.pid), "--fail-if", "wrong>0", key=server.key)
    figures, errors = result(run)
    assert run.returncode == 0, run.stderr
    assert figures["connected"] == 3 and not errors, (figures, errors)
    assert figures["decoded"] > 20 and figures["wrong"] == 0, figures
    assert figures["delay_p50"] > 0 and figures["cpu"] >= 0 and "own_cpu" in figures, figures


def people_on_bad_lines_repair_them(program, server):
    run = load(program, "--url", server.url, "--broadcast", "1+2", "--loss", "3%", "--delay", "10ms", "--duration", "3",
               "--settle", "1", "--json", "-", key=server.key)
    figures, errors = result(run)
    assert figures["connected"] == 3 and not errors, (figures, errors)
    assert figures["nacks"] > 0 and figures["repaired"] > 0, figures


def whip_and_whep_are_spoken(program, server):
    run = load(program, "--protocol", "whip", "--url", server.url, "--broadcast", "1+2", "--layers", "1", "--verify", "1",
               "--duration", "2", "--settle", "1", "--json", "-", key=server.key)
    figures, errors = result(run)
    assert figures["connected"] == 3 and not errors, (figures, errors)
    assert figures["decoded"] > 10 and figures["wrong"] == 0, figures


def without_udp_people_come_by_tcp(program, server):
    run = load(program, "--url", server.url, "--broadcast", "1+2", "--layers", "1", "--tcp", "yes", "--duration", "2",
               "--settle", "1", "--json", "-", key=server.key)
    figures, errors = result(run)
    assert figures["connected"] == 3 and not errors, (figures, errors)
    assert figures["frames"] > 0 and figures["received"] > 0, figures


def shared_screens_have_places_of_their_own(program, server):
    run = load(program, "--url", server.url, "--broadcast", "1+1", "--layers", "1", "--sends", "screen", "--verify", "1",
               "--duration", "3", "--settle", "1", "--json", "-", key=server.key)
    figures, errors = result(run)
    assert figures["connected"] == 2 and not errors, (figures, errors)
    assert figures["screens"] > 0 and figures["frames"] > figures["screens"], figures
    assert figures["decoded"] > 0 and figures["wrong"] == 0, figures


def who_leaves_is_replaced(program, server):
    run = load(program, "--url", server.url, "--voices", "4", "--churn", "1500%/min", "--duration", "4", "--settle", "0s",
               "--json", "-", key=server.key)
    figures, errors = result(run)
    assert not errors and figures["left"] >= 1 and figures["lost_members"] == 0, (figures, errors)
    assert figures["joins"] == 4 + figures["left"] and figures["failed"] == 0, figures


def small_pictures_are_of_the_small_layer(program, server):
    run = load(program, "--url", server.url, "--broadcast", "1+1", "--width", "160", "--duration", "2", "--settle", "5",
               "--json", "-", key=server.key)
    shown = json.loads(run.stdout)["layers_percent"]
    assert shown[0] > 90, shown


def metrics_tell_the_server_s_cost(program, server):
    run = load(program, "--url", server.url, "--voices", "2", "--duration", "3", "--settle", "0s", "--json", "-",
               "--metrics", f"{server.url}/metrics", key=server.key)
    figures, _ = result(run)
    assert figures["cpu"] > 0 and figures["cpu_packet"] > 0, figures
    assert "memory" not in figures, figures  # of which these metrics say nothing


def many_people_come_into_many_rooms(program, server):
    run = load(program, "--url", server.url, "--voices", "6", "--rooms", "10", "--join_rate", "10/s", "--talks", "20%",
               "--duration", "2", "--settle", "1", "--json", "-", "--fail-if", "failed>0", key=server.key)
    figures, errors = result(run)
    assert run.returncode == 0 and figures["connected"] == 60 and not errors, (figures, errors, run.stderr)
    assert figures["received"] > 0, figures


def a_limit_that_is_passed_is_the_exit_status(program, server):
    run = load(program, "--url", server.url, "--voices", "2", "--duration", "1", "--settle", "0s", "--fail-if",
               "received>1", key=server.key)
    assert run.returncode == 1 and "FAILED received>1" in run.stderr, (run.returncode, run.stderr)


def ctrl_c_ends_with_the_table(program, server):
    p = subprocess.Popen([program, "--url", server.url, "--clips", CLIPS.name, "--voices", "2", "--duration", "1h", "--settle", "0s"],
                         env=os.environ | {"SALON_KEY": server.key}, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    seen = ""
    while "measures" not in seen:
        byte = p.stderr.read(1)
        assert byte, "it ended by itself"
        seen += byte
    p.send_signal(signal.SIGINT)
    out, _ = p.communicate(timeout=30)
    assert p.returncode == 0 and "stopped before its end" in out and "connected" in out, out


def bad_servers_are_counted_by_reason(program, server):
    del server
    html = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    sdp = b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    cases = [(None, "salon", "signalling: no connection"), (html, "salon", "signalling: no connection"),
             (None, "whip", "signalling: no connection"), (html, "whip", "refused with status: 200"),
             (sdp, "whip", "SDP without ICE credentials")]
    for answer, protocol, reason in cases:
        where = ["--link", "x"] if protocol == "salon" else []
        run = load(program, "--protocol", protocol, "--url", Nonsense(answer).url, *where, "--broadcast", "1+1",
                   "--layers", "1", "--settle", "0s", "--duration", "0s", "--json", "-")
        figures, errors = result(run)
        assert run.returncode == 3 and figures["connected"] == 0, (reason, run.returncode)
        assert errors == {reason: 2}, errors


def a_wrong_scenario_names_its_line(program, server):
    del server
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write("url: http://h\nrooms:\n  - conferense: 3\n")
        f.flush()
        run = load(program, "--scenario", f.name)
        assert run.returncode == 2 and f"{f.name}:3: conferense" in run.stderr, run.stderr


TESTS = [people_see_each_other, people_on_bad_lines_repair_them, whip_and_whep_are_spoken,
         without_udp_people_come_by_tcp, shared_screens_have_places_of_their_own, who_leaves_is_replaced,
         small_pictures_are_of_the_small_layer, metrics_tell_the_server_s_cost, many_people_come_into_many_rooms,
         a_limit_that_is_passed_is_the_exit_status, ctrl_c_ends_with_the_table, bad_servers_are_counted_by_reason,
         a_wrong_scenario_names_its_line]


def run_load(results, build):
    """Adds what these tests say to `results` (tests/interop/run)."""
    program = pathlib.Path(build) / "tools/load/salon-load"
    for test in TESTS:
        name = f"salon-load/{test.__name__}"
        if not results.wants(name):
            continue
        try:
            test(program, results.server)
            results.add(name, True)
        except Exception as e:  # whatever it is, it is what failed
            results.add(name, False, f"{type(e).__name__}: {e}")
