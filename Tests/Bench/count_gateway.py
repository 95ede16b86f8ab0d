#!/usr/bin/env python3
"""Counts the instructions of one call of a remote model, by function: where a flat profile says
nothing, this says what a call is made of.

usage: count_gateway.py --boreal .build/release/boreal [--way passage|statement|predict]
                        [--calls N] [--functions N] [--keep FILE]

Boreal runs in valgrind's callgrind and asks the mock service of bench_gateway.py, which answers at
once. Printed are thousands of instructions a call, those of a function's callees included; the
kernel's are not. FILE keeps what callgrind wrote, for callgrind_annotate.
"""
import argparse
import http.client
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

from bench_gateway import CALL, CHAT, PREDICT, Bench

WARM_UP = 60


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boreal", required=True)
    parser.add_argument("--way", choices=["passage", "statement", "predict"], default="passage")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--functions", type=int, default=100)
    parser.add_argument("--keep")
    options = parser.parse_args()
    options.seconds, options.light, options.apart = 1, False, False
    return options


def wrapped(boreal, scratch):
    """A script that runs Boreal in callgrind. Valgrind 3.19 does not read the debug information of
    Swift's compiler, so the program loses it; its symbols stay."""
    plain, script = os.path.join(scratch, "boreal"), os.path.join(scratch, "counted")
    subprocess.run(["strip", "--strip-debug", "-o", plain, boreal], check=True)
    with open(script, "w") as file:
        file.write("#!/bin/sh\nexec valgrind -q --tool=callgrind --instr-atstart=no "
                   "--callgrind-out-file='%s/out' '%s' \"$@\"\n" % (scratch, plain))
    os.chmod(script, os.stat(script).st_mode | stat.S_IXUSR)
    return script


def post(bench, key, path, body, first, count):
    """Requests over one connection, each with a body of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.http_port, timeout=60)
    headers = {"Content-Type": "application/json", "Authorization": "Bearer " + key}
    for number in range(first, first + count):
        connection.request("POST", path, body % number, headers)
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            sys.exit("bench: %d %s" % (response.status, text[:200]))


def select(bench, first, count):
    """Statements with one call each over one connection."""
    bench.boreal.sql("".join("SELECT %s;" % (CALL % ("'row %d'" % number))
                             for number in range(first, first + count)))


def measure(bench, options):
    bench.prepare()
    bench.service.reset(0)
    if options.way == "statement":
        run = lambda first, count: select(bench, first, count)
    else:
        key = bench.token()
        path, body = (("/v1/chat/completions", CHAT % "chat") if options.way == "passage"
                      else (bench.connected_path(key), PREDICT))
        run = lambda first, count: post(bench, key, path, body, first, count)
    control = ["callgrind_control", str(bench.boreal.process.pid)]
    run(0, WARM_UP)
    for order, action in ((["-i", "on"], lambda: run(WARM_UP, options.calls)),
                          (["-i", "off"], lambda: None), (["-d"], lambda: None)):
        subprocess.run(control[:1] + order + control[1:], check=True, stdout=subprocess.DEVNULL)
        action()


def table(path, options):
    found = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--auto=no", path],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    lines = []
    for line in found.stdout.decode().splitlines():
        match = re.match(r" *([0-9,]+) \([^)]*\) +(.*)", line)
        if match:
            name = re.sub(r" \[.*", "", match.group(2)).replace("???:", "")
            lines.append("%8.1f %s" % (
                int(match.group(1).replace(",", "")) / options.calls / 1e3, name))
    text = "\n".join(lines[:options.functions]) + "\n"
    if shutil.which("swift"):
        text = subprocess.run(["swift", "demangle", "--simplified"], input=text.encode(),
                              stdout=subprocess.PIPE, check=True).stdout.decode()
    print("thousands of instructions a call\n" + text, end="")


def main():
    options = arguments()
    for program in ("valgrind", "callgrind_annotate", "strip"):
        if not shutil.which(program):
            sys.exit("bench: there is no %s" % program)
    scratch = tempfile.mkdtemp(prefix="boreal-count-")
    try:
        options.boreal = wrapped(options.boreal, scratch)
        bench = Bench(options, scratch)
        try:
            measure(bench, options)
        finally:
            bench.boreal.stop()
            bench.service.stop()
        # The first part is what was asked for by `-d`.
        out = os.path.join(scratch, "out.1")
        if options.keep:
            shutil.copy(out, options.keep)
        table(out, options)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    main()
