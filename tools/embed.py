#!/usr/bin/env python3
"""Turn a folder of web files, and others beside it, into one C source:

embed.py FOLDER OUT.c DEPFILE [FILE...]
"""
import gzip
import hashlib
import pathlib
import re
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".txt": "text/plain; charset=utf-8",
    ".yaml": "application/yaml",   # RFC 9512
}
LEAVE_OUT = {"package.json", "package-lock.json", "tsconfig.json", "jsconfig.json"}


def wanted(root):
    """The files to embed and the folders that were looked into, both sorted."""
    files, folders = [], [root]
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if "node_modules" in parts or any(p.startswith(".") for p in parts):
            continue
        if path.is_dir():
            folders.append(path)
        elif path.suffix in TYPES and path.name not in LEAVE_OUT:
            files.append(path)
    return files, folders


def rows(data):
    for at in range(0, len(data), 20):
        yield "    " + ",".join(str(b) for b in data[at:at + 20]) + ","


def main(folder, out, depfile, *others):
    root = pathlib.Path(folder)
    files, folders = wanted(root)
    named = {path.relative_to(root).as_posix(): path for path in files}
    named |= {path.name: path for path in map(pathlib.Path, others)}
    lines = ['#include "http/web.h"', ""]
    table = []
    for number, (name, path) in enumerate(sorted(named.items())):
        data = path.read_bytes()
        if path.suffix == ".html":  # filled in for each reader, so never packed: at least no indents
            data = re.sub(rb"\n\s+", b"\n", data)
        etag = hashlib.sha256(data).hexdigest()[:16]
        packed = gzip.compress(data, 9, mtime=0)
        lines += [f"static const unsigned char file{number}[] = {{", *rows(data + b"\0"), "};"]
        lines += [f"static const unsigned char gzip{number}[] = {{", *rows(packed), "};"]
        table.append(f'    {{"{name}", "{TYPES[path.suffix]}", '
                     f'"\\"{etag}\\"", file{number}, {len(data)}, gzip{number}, {len(packed)}}},')
    lines += ["const struct web_file web_files[] = {", *table, "    {0},", "};",
              f"const size_t web_file_count = {len(table)};", ""]
    pathlib.Path(out).write_text("\n".join(lines))
    seen = " ".join(str(p).replace(" ", "\\ ") for p in [*named.values(), *folders])
    pathlib.Path(depfile).write_text(f"{out}: {seen}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
