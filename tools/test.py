#!/usr/bin/env python3
"""Every check of salon, phase by phase. Called by tools/test; docs/testing.md explains the phases.

The last line is "N passed, N failed, N skipped"; the exit status is 1 if anything failed.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PHASES = ["lint", "unit", "api", "tsan", "fuzz", "sim", "interop", "e2e", "quality"]
GCC = ROOT / "build-gcc"     # the compiler of a release, warnings are errors
ASAN = ROOT / "build-asan"   # clang, AddressSanitizer and UndefinedBehaviorSanitizer, fuzz targets
TSAN = ROOT / "build-tsan"   # clang, ThreadSanitizer; only what has threads is built
CACHE = ROOT / "build-cache"
JOBS = os.cpu_count() or 2
TOTAL = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$", re.M)

ENV = os.environ | {
    "ASAN_OPTIONS": "abort_on_error=0:exitcode=99:detect_stack_use_after_return=1",
    "TSAN_OPTIONS": "exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "ASAN_SYMBOLIZER_PATH": shutil.which("llvm-symbolizer") or "",
}


class Tally:
    """What was counted so far, and the only place that prints results."""

    def __init__(self):
        self.start = time.monotonic()
        self.passed = self.failed = self.skipped = 0
        self.failures, self.skips = [], []

    def stamp(self):
        s = int(time.monotonic() - self.start)
        return f"[{s // 60:02}:{s % 60:02}]"

    def say(self, text):
        print(f"{self.stamp()} {text}", flush=True)

    def result(self, name, ok, detail="", count=1):
        self.passed += count if ok else 0
        self.failed += 0 if ok else 1
        self.say(f"{'ok  ' if ok else 'FAIL'} {name}")
        if not ok:
            self.failures.append(name)
            print(detail.rstrip()[-12000:], flush=True)

    def skip(self, name, why, count=1):
        self.skipped += count
        self.skips.append(f"{name}: {why}")
        self.say(f"SKIP {name}: {why}")

    def finish(self):
        for name in self.failures:
            print(f"FAILED  {name}")
        for name in self.skips:
            print(f"SKIPPED {name}")
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        return 1 if self.failed or not self.passed else 0


def run(args, env=None, cwd=ROOT):
    """Runs to its end; returns (ok, everything it printed)."""
    p = subprocess.run([str(a) for a in args], cwd=cwd, env=ENV | (env or {}), text=True,
                       errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p.returncode == 0, p.stdout


# ---- builds

BUILDS = {
    GCC: ({"CC": "gcc"}, ["-Dbuildtype=debugoptimized"]),
    ASAN: ({"CC": "clang"}, ["-Dbuildtype=debugoptimized", "-Db_sanitize=address,undefined",
                             "-Db_lundef=false", "-Dfuzz=true"]),
    TSAN: ({"CC": "clang"}, ["-Dbuildtype=debugoptimized", "-Db_sanitize=thread", "-Db_lundef=false"]),
}
TARGETS = {TSAN: ["salon"]}   # all by default
built = {}


def build(tally, where):
    """Configures and builds once a run. False if that failed (which is itself a failure)."""
    if where not in built:
        env, options = BUILDS[where]
        ok, out = True, ""
        if not (where / "build.ninja").exists():
            ok, out = run(["meson", "setup", where, "-Dwerror=true", *options], env)
        if ok:
            ok, out = run(["ninja", "-C", where, "--quiet", *TARGETS.get(where, [])], env)
        tally.result(f"build {where.name}", ok, out)
        built[where] = ok
    return built[where]


# ---- lint

def sources(*patterns):
    return sorted(p for pattern in patterns for p in ROOT.glob(pattern)
                  if "node_modules" not in p.parts and not p.parts[len(ROOT.parts)].startswith("build"))


def check_format():
    files = sources("src/**/*.[ch]", "include/**/*.h", "tests/**/*.[ch]", "bench/**/*.[ch]",
                    "tools/**/*.[ch]")
    ok, out = run(["clang-format", "--dry-run", "--Werror", *files])
    wrong = sorted({m[1] for m in re.finditer(r"^(/\S+?):\d+:\d+: ", out, re.M)})
    return ok, "".join(f"run: clang-format -i {f}\n" for f in wrong) or out


def check_headers():
    """Every header compiles alone."""
    flags = subprocess.run(["pkg-config", "--cflags", "libcrypto", "openssl", "libuv", "jansson", "nice",
                            "libsrtp2", "sqlite3", "libwebsockets", "libcyaml", "libjwt"],
                           capture_output=True, text=True, check=True).stdout.split()
    one = ["gcc", "-fsyntax-only", "-std=c17", "-D_GNU_SOURCE", "-Wall", "-Werror", "-Iinclude", *flags, "-x", "c"]

    def check(header):
        # -include, for a header given as the main file may not use #pragma once
        return run([*one, f"-I{header.parent}", "-include", header, "/dev/null"])

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(check, sources("include/**/*.h", "src/**/*.h")))
    return all(ok for ok, _ in results), "".join(out for ok, out in results if not ok)


def check_symbols():
    ok, out = run(["ldd", GCC / "salon"])
    if not ok:
        return ok, out
    libraries = [m[1] for m in re.finditer(r"=> (/\S+)", out)
                 if not re.search(r"/(libc|libm|libdl|libpthread|ld-linux\S*)\.so", m[1])]
    return run(["python3", "tools/symbols.py", GCC, *libraries])


def tidy_key(entry):
    """A hash of all that clang-tidy's verdict on a file depends on, but the system's headers."""
    ok, deps = run(["ninja", "-C", ASAN, "-t", "deps", entry["output"]])
    files = [ASAN / line.strip() for line in deps.splitlines() if line.startswith("    ")]
    ours = {f.resolve() for f in files if ROOT in f.resolve().parents} if ok else set()
    h = hashlib.sha256(entry["command"].encode())
    for f in [ROOT / ".clang-tidy", (ASAN / entry["file"]).resolve(), *sorted(ours)]:
        h.update(str(f).encode() + b"\0" + f.read_bytes())
    return h.hexdigest()


def check_phases():
    """No test of meson's is built without a phase that runs it."""
    ok, out = run(["meson", "introspect", "--tests", ASAN])
    if not ok:
        return ok, out
    suites = {"unit", "http", "tsan", "fuzz", "sim"}   # what the phases ask for
    idle = [t["name"] for t in json.loads(out) if not suites & {s.rsplit(":", 1)[-1] for s in t["suite"]}]
    return not idle, "".join(f"{name}: its suites are in no phase\n" for name in idle)


def check_tidy():
    """clang-tidy over src, in parallel; a file that passed is asked again when it changed."""
    passed = CACHE / "tidy"
    passed.mkdir(parents=True, exist_ok=True)
    entries = {}
    for e in json.loads((ASAN / "compile_commands.json").read_text()):
        file = (ASAN / e["file"]).resolve()
        if ROOT / "src" in file.parents:
            entries[file] = e

    def check(item):
        file, entry = item
        mark = passed / tidy_key(entry)
        if mark.exists():
            return True, ""
        ok, out = run(["clang-tidy", "--quiet", "-p", ASAN, file])
        if ok:
            mark.touch()
        return ok, re.sub(r"^\d+ warnings? .*\n", "", out, flags=re.M)

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(check, entries.items()))
    return all(ok for ok, _ in results), "".join(out for ok, out in results if not ok)


def lint(tally, pattern):
    gcc, asan = build(tally, GCC), build(tally, ASAN)
    checks = {
        "clang-format": check_format,
        "layers": lambda: run(["python3", "tools/layers.py", "."]),
        "headers stand alone": check_headers,
    }
    if gcc:
        checks["symbols"] = check_symbols
    if asan:
        checks["every test has a phase"] = check_phases
        checks["clang-tidy"] = check_tidy
    checks["web"] = lambda: run([ROOT / "tests/web/check"])
    for name, check in checks.items():
        if re.search(pattern, name):
            ok, out = check()
            tests = re.search(r"^[#ℹ] pass (\d+)", out, re.M)   # node --test's own count
            tally.result(f"lint/{name}", ok, out, count=int(tests[1]) if tests else 1)


# ---- programs of meson

def cmocka_counts(text):
    """(passed, failed, skipped) of one cmocka program, None if it is not one."""
    total = re.search(r"\[=+\] (?:\S+: )?(\d+) test\(s\) run", text)
    if not total:
        return None
    of = {kind: sum(map(int, re.findall(rf"\[  {kind}  \] (?:\S+: )?(\d+) test\(s\)", text)))
          for kind in ("PASSED", "FAILED", "SKIPPED")}
    return of["PASSED"], of["FAILED"], of["SKIPPED"]


def suite_options(suite):
    """What is a unit test as well as one of these runs once: the simulated network's in its own phase, others in unit's."""
    return ["--suite", suite, *{"unit": ["--no-suite", "sim"], "http": ["--no-suite", "unit"]}.get(suite, [])]


def meson_tests(where, suite, pattern):
    ok, out = run(["meson", "test", "-C", where, "--no-rebuild", "--list", *suite_options(suite)])
    names = [line.split(" / ", 1)[-1].strip() for line in out.splitlines() if " / " in line]
    return [n for n in names if re.search(pattern, n)]


def meson_suite(tally, where, suite, pattern, env=None, before=()):
    if not build(tally, where):
        tally.skip(f"{suite} ({where.name})", "the build failed")
        return
    names = meson_tests(where, suite, pattern)
    if not names:
        if pattern == "":
            tally.result(f"{suite} ({where.name})", False, "no such test is built")
        return
    log = where / "meson-logs" / f"{suite}.json"
    log.unlink(missing_ok=True)
    ok, out = run([*before, "meson", "test", "-C", where, "--no-rebuild", *suite_options(suite), "--logbase", suite,
                   *names], env)
    if not log.exists():
        tally.result(f"{suite} ({where.name})", False, out)
        return
    for line in log.read_text().splitlines():
        t = json.loads(line)
        name = f"{where.name[6:]}: {t['name'].split(' / ', 1)[-1]}"
        text = (t.get("stdout") or "") + (t.get("stderr") or "")
        counts = cmocka_counts(text)
        if t["result"] == "SKIP":
            tally.skip(name, (text.strip().splitlines() or ["skipped itself"])[-1])
        elif counts is None or t["result"] != "OK":
            tally.result(name, t["result"] in ("OK", "EXPECTEDFAIL"), f"{t['result']}\n{text}")
        else:
            tally.result(f"{name} ({counts[0]})", True, count=counts[0])
            if counts[2]:
                tally.skip(name, "see the program's output", counts[2])


def unit(tally, pattern):
    meson_suite(tally, GCC, "unit", pattern)
    meson_suite(tally, ASAN, "unit", pattern)


def api(tally, pattern):
    """Whole servers over HTTP: tests/api/*_test.py, tests/ops/*_test.py and the like."""
    meson_suite(tally, GCC, "http", pattern)
    meson_suite(tally, ASAN, "http", pattern)


def tsan(tally, pattern):
    """What has threads, with somebody who looks for races."""
    if not build(tally, TSAN):
        tally.skip("tsan", "the build failed")
        return
    # It wants its part of the address space, which a kernel that spreads addresses far does not leave free.
    fixed = ["setarch", "-R"] if run(["setarch", "-R", "true"])[0] else []
    ok, out = run([*fixed, TSAN / "salon", "--help"])
    if "unexpected memory mapping" in out:
        tally.skip("tsan", "this kernel's address space is too far spread for ThreadSanitizer")
        return
    meson_suite(tally, TSAN, "tsan", pattern, before=fixed)


def fuzz(tally, pattern):
    meson_suite(tally, ASAN, "fuzz", pattern)


def sim(tally, pattern):
    meson_suite(tally, GCC, "sim", pattern)
    # Half of the seeds: it is four times slower, and what it looks for is in each of them.
    meson_suite(tally, ASAN, "sim", pattern, env={"SEEDS_PART": "2"})


# ---- whole servers with real peers

def against(tally, phase, where, pattern, *options):
    """tests/PHASE/run prints its results itself and ends with a line of totals."""
    name = f"{phase} ({where.name})"
    if not build(tally, where):
        tally.skip(name, "the build failed")
        return
    tally.say(f"---- {name}")
    p = subprocess.Popen([ROOT / "tests" / phase / "run", *options, *(["-k", pattern] if pattern else [])], cwd=ROOT,
                         env=ENV | {"SALON": str(where / "salon"), "BUILD": str(where)}, text=True,
                         errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    total = None
    for line in p.stdout:
        m = TOTAL.match(line)
        if m:
            total = [int(n) for n in m.groups()]
        else:
            print(f"         {line}", end="", flush=True)
            if line.startswith("SKIP "):
                tally.skips.append(f"{name}: {line[5:].strip()}")
    status = p.wait()
    if total is None or (status != 0) != (total[1] != 0):
        tally.result(name, False, f"exit status {status} without a total that says so")
        return
    tally.passed += total[0]
    tally.failed += total[1]
    tally.skipped += total[2]
    if total[1]:
        tally.failures.append(f"{name}: {total[1]}, see above")


def interop(tally, pattern):
    against(tally, "interop", GCC, pattern)
    against(tally, "interop", ASAN, pattern)


def e2e(tally, pattern):
    against(tally, "e2e", GCC, pattern)
    against(tally, "e2e", ASAN, pattern)


def quality(tally, pattern):
    against(tally, "quality", GCC, pattern, "--short")


def main():
    args = argparse.ArgumentParser(description="Runs salon's tests.")
    args.add_argument("phases", nargs="*", metavar="PHASE", help=", ".join(PHASES) + "; all by default")
    args.add_argument("-k", metavar="PATTERN", default="", help="only tests whose name matches this expression")
    a = args.parse_args()
    wrong = set(a.phases) - set(PHASES)
    if wrong:
        args.error(f"no phase '{wrong.pop()}': {', '.join(PHASES)}")
    tally = Tally()
    for phase in PHASES:
        if not a.phases or phase in a.phases:
            tally.say(f"==== {phase}")
            globals()[phase](tally, a.k)
    tally.say("done")
    return tally.finish()


if __name__ == "__main__":
    sys.exit(main())
