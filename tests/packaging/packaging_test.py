#!/usr/bin/env python3
"""What operators are given: packaging_test.py SALON SERVICE. The service's hardening by systemd's own judge, the
manifests and examples by salon's. Exit 1 if a test fails."""
import pathlib
import re
import subprocess
import sys
import tempfile

import yaml

SALON, SERVICE = sys.argv[1:3]
CONFIG = pathlib.Path(__file__).resolve().parent.parent.parent / "config"
STATED = 1.4   # docs/security.md


def run(*args, **more):
    return subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def accepts(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as f:
        f.write(text)
        f.flush()
        done = run(SALON, "check-config", f.name)
    assert done.returncode == 0, done.stdout


def the_service_is_as_closed_as_the_document_says():
    judge = run("systemd-analyze", "security", "--offline=true", SERVICE)
    score = float(re.search(r"exposure level for .*: ([\d.]+)", judge.stdout)[1])
    assert score <= STATED, judge.stdout
    assert f"**{STATED} (OK)**" in (CONFIG.parent / "docs/security.md").read_text()


def the_service_has_no_line_that_systemd_does_not_know():
    said = run("systemd-analyze", "verify", SERVICE).stdout
    # The executable is not installed where this runs.
    wrong = [line for line in said.splitlines() if "is not executable" not in line and "salon.service" in line]
    assert not wrong, wrong


def the_manifests_hold_a_configuration_that_salon_takes():
    documents = list(yaml.safe_load_all((CONFIG / "kubernetes.yaml").read_text()))
    kinds = {d["kind"]: d for d in documents}
    accepts(kinds["ConfigMap"]["data"]["salon.yaml"])
    pod = kinds["StatefulSet"]["spec"]["template"]["spec"]
    drain = yaml.safe_load(kinds["ConfigMap"]["data"]["salon.yaml"])["drain"]["deadline_s"]
    assert 0 < drain < pod["terminationGracePeriodSeconds"], "SIGTERM would not let calls go on"
    assert pod["hostNetwork"] and pod["securityContext"]["runAsNonRoot"]
    container, = pod["containers"]
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    volumes = {v["name"] for v in pod["volumes"]} | \
        {c["metadata"]["name"] for c in kinds["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    assert {m["name"] for m in container["volumeMounts"]} == volumes


def the_commented_file_is_good():
    accepts((CONFIG / "salon.yaml").read_text())


def the_packages_scripts_are_shell():
    for script in [*(CONFIG / "debian").iterdir(), CONFIG.parent / "tools/package"]:
        done = run("sh", "-n", script)
        assert done.returncode == 0, done.stdout


def main():
    good = True
    tests = [the_manifests_hold_a_configuration_that_salon_takes, the_commented_file_is_good,
             the_packages_scripts_are_shell, the_service_is_as_closed_as_the_document_says,
             the_service_has_no_line_that_systemd_does_not_know]
    for test in tests:
        try:
            test()
            print("ok     ", test.__name__)
        except AssertionError as error:
            good = False
            print("FAILED ", test.__name__, error)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
