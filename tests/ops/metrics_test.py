#!/usr/bin/env python3
"""/metrics by Prometheus' own tool, with a call that goes on; and what is made of it: metrics_test.py SALON."""
import json
import os
import re
import subprocess
import sys

from running import ROOT, main, need, wait_for

PYTHON = "/usr/bin/python3"  # Debian's own: it has aiortc
PEER = str(ROOT / "tests/interop/aiortc_peer.py")


def metrics(s):
    answer = s.admin("GET", "/metrics")
    assert answer.status == 200
    return answer.text


def value(text, name):
    """Of all samples of a metric together."""
    found = re.findall(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? (\S+)$", text, re.M)
    return sum(map(float, found)) if found else None


def promtool_finds_nothing_and_a_call_is_counted(make):
    address = os.environ.get("SALON_TEST_ADDRESS")
    s = make({"http": {"listen": ""}, "media": {"announce": [address]}})
    token = s.room(s.tenant())["url"].split("/r/")[1]
    peers = [subprocess.Popen([PYTHON, PEER, what, f"http://127.0.0.1:{s.port}/{way}/{token}", seconds],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
             for what, way, seconds in (("publish", "whip", "40"), ("watch", "whep", "40"))]
    try:
        def done():
            text = metrics(s)
            return all((value(text, name) or 0) > 0 for name in (
                "salon_packets_received_total", "salon_packets_sent_total", "salon_worker_cpu_seconds_total",
                "salon_control_cpu_seconds_total", "salon_forward_duration_seconds_count",
                "salon_worker_busy_seconds_count", "salon_control_busy_seconds_count",
                "salon_downlink_estimate_bytes_per_second")) and value(text, "salon_join_duration_seconds_count") == 2
        wait_for(done, why=lambda: metrics(s))
    finally:
        for p in peers:
            p.terminate()
            p.communicate()
    text = metrics(s)
    checked = subprocess.run([need("promtool"), "check", "metrics"], input=text, text=True, capture_output=True)
    assert checked.returncode == 0 and not checked.stdout + checked.stderr, checked.stdout + checked.stderr
    # Every bucket holds those below; the sum of a histogram is not less than its least buckets say.
    for name in re.findall(r"^# TYPE (\S+) histogram$", text, re.M):
        counts = [int(n) for n in re.findall(rf"^{name}_bucket\{{(?:worker=\"0\",)?le=\"[^\"]+\"\}} (\d+)$", text, re.M)]
        assert len(counts) == 19 and counts == sorted(counts), (name, counts)
        assert value(text, f"{name}_count") == counts[-1]


def rules_and_dashboard_name_metrics_that_there_are(make):
    there = set(re.findall(r"^# TYPE (\S+)", metrics(make()), re.M))
    rules, board = ROOT / "config/alerts.yaml", ROOT / "config/grafana.json"
    checked = subprocess.run([need("promtool"), "check", "rules", str(rules)], text=True, capture_output=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    expressions = [t["expr"] for p in json.loads(board.read_text())["panels"] for t in p["targets"]]
    named = {re.sub(r"_(bucket|sum|count)$", "", n) if re.sub(r"_(bucket|sum|count)$", "", n) in there else n
             for e in [*expressions, rules.read_text()] for n in re.findall(r"\bsalon_\w+", e)}
    assert len(named) > 15 and named <= there, named - there
    for e in expressions:  # as the dashboard's variables would be filled in
        e = e.replace("$__rate_interval", "1m").replace("$instance", ".*")
        parsed = subprocess.run([need("promtool"), "check", "rules", "/dev/stdin"], text=True, capture_output=True,
                                input=json.dumps({"groups": [{"name": "g", "rules": [{"record": "r", "expr": e}]}]}))
        assert parsed.returncode == 0, (e, parsed.stdout, parsed.stderr)


def the_example_of_a_prometheus_configuration_is_one(make):
    text = (ROOT / "config/prometheus.yaml").read_text().replace("/etc/prometheus/salon-alerts.yaml",
                                                                str(ROOT / "config/alerts.yaml"))
    checked = subprocess.run([need("promtool"), "check", "config", "/dev/stdin"], input=text, text=True,
                             capture_output=True)
    assert checked.returncode == 0 and "rules found" in checked.stdout, checked.stdout + checked.stderr


if __name__ == "__main__":
    if not os.environ.get("SALON_TEST_ADDRESS"):
        os.execv(str(ROOT / "tests/netns"), ["netns", sys.executable, *sys.argv])
    sys.exit(main(promtool_finds_nothing_and_a_call_is_counted, rules_and_dashboard_name_metrics_that_there_are,
                  the_example_of_a_prometheus_configuration_is_one))
