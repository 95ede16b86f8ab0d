#!/usr/bin/env python3
"""Boreal in front of MariaDB beside MariaDB alone, in alternating runs.

usage: bench_upstream.py --boreal .build/release/boreal [--pairs N] [--seconds S]
                         [--only relay,read,train] [--scale F] [--scratch DIR]

MariaDB holds the tables, Boreal has it as its source; both run on loopback at the same time, both
warm. Each pair is one run of either, A B A B.

relay: statements that Boreal only passes on, beside the same client's at MariaDB itself. What it
adds is the difference of the middle latencies of a pair; a ratio is Boreal's rate divided by
MariaDB's. The client's side is TCP always, Boreal's own way to MariaDB TCP or its unix socket.
read: the time in which CREATE MODEL reads a table into training columns, as the model tells it,
beside a C client that takes the same rows from a prepared statement and does nothing with them. A
ratio is Boreal's time divided by the client's: 1 is as fast as rows can be had.
train: CREATE MODEL over the airlines table from the statement to the saved model, beside PyMySQL,
pandas and LightGBM doing the same (upstream_peer.py). A ratio is the other's time divided by
Boreal's.

PyMySQL, pandas and LightGBM are installed from PyPI into BENCH_CACHE (default
~/.cache/boreal-bench).
"""
import json
import os
import random
import re
import statistics
import subprocess
import tempfile
import time

from engine import environment, make_airlines
from servers import HERE, LoadClient, arguments, say, start_boreal, start_mariadb, wanted

PEER = ["pymysql==1.1.2", "pandas==3.1.1"]
POINT = "SELECT c FROM points WHERE id = ?"
REALS = ["f%d" % number for number in range(28)]
AIRLINES_ROWS = 431_506
ROUNDS = 100
PARAMETERS = {"num_leaves": 255, "learning_rate": 0.1, "max_bin": 255, "min_data_in_leaf": 20}


class Bench:
    def __init__(self, options, scratch, only):
        self.options, self.scratch, self.only = options, scratch, only
        self.client = LoadClient(scratch, options.seconds)
        self.mariadb = start_mariadb(scratch)
        self.boreal = start_boreal(
            options.boreal, scratch,
            source="mysql://root@127.0.0.1:%d/bench" % self.mariadb.port)
        near = os.path.join(scratch, "near")
        os.mkdir(near)
        # Beside MariaDB on one machine, one would not go through TCP.
        self.near = start_boreal(
            options.boreal, near,
            source="mysql://root@localhost/bench?socket=" + self.mariadb.socket)
        self.models = 0

    def stop(self):
        self.near.stop()
        self.boreal.stop()
        self.mariadb.stop()

    def wants(self, name):
        return not self.only or name in self.only

    def rows(self, count):
        return max(1_000, int(count * self.options.scale))

    def pairs(self):
        return range(self.options.pairs)

    # The tables

    def load(self, table, columns, lines):
        path = os.path.join(self.scratch, table + ".csv")
        with open(path, "w") as file:
            file.writelines(lines)
        self.mariadb.sql(
            "USE bench; CREATE TABLE %s (%s); LOAD DATA LOCAL INFILE '%s' INTO TABLE %s "
            "FIELDS TERMINATED BY ','" % (table, columns, path, table))
        os.remove(path)

    def fill(self):
        draw = random.Random(1)
        self.mariadb.sql("CREATE DATABASE bench")
        self.load("points", "id INT PRIMARY KEY, k INT, c CHAR(120)",
                  ("%d,%d,%s\n" % (number, number * 7 % 100_000, "c" * 100)
                   for number in range(1, 100_001)))
        if self.wants("read"):
            self.load("narrow", "a VARCHAR(20), b VARCHAR(20), c VARCHAR(20), d INT, e INT, f INT, "
                      "g INT",
                      ("code%d,place%d,place%d,%d,%d,%d,%d\n" % tuple(
                          draw.randrange(most) for most in (18, 300, 300, 7, 1440, 600, 2))
                       for _ in range(self.rows(1_000_000))))
            self.load("wide", "%s, y INT" % ", ".join(name + " DOUBLE" for name in REALS),
                      ("%s,%d\n" % (",".join("%r" % draw.gauss(0, 1) for _ in REALS),
                                    draw.randrange(2))
                       for _ in range(self.rows(300_000))))
        if self.wants("train"):
            make_airlines.main(self.scratch, self.rows(AIRLINES_ROWS * 5 // 4))
            with open(os.path.join(self.scratch, "airlines_train.csv")) as file:
                columns = next(file).strip().split(",")
                kinds = dict.fromkeys(("Airline", "AirportFrom", "AirportTo"), "VARCHAR(4)")
                self.load("airlines",
                          ", ".join("%s %s" % (name, kinds.get(name, "INT")) for name in columns),
                          file)

    # The measurements

    def relay(self):
        print("| passed on | connections | Boreal, a second | MariaDB, a second | ratio "
              "| adds, us |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for title, mode, boreal in (
                ("point select in text form", "text", self.boreal),
                ("prepared point select", "prepared", self.boreal),
                ("point select in text form, unix socket", "text", self.near),
                ("prepared point select, unix socket", "prepared", self.near)):
            for width in (1, 8, 64):
                pairs = [(self.client.run(boreal, mode, POINT, width),
                          self.client.run(self.mariadb, mode, POINT, width)) for _ in self.pairs()]
                ratios = sorted(ours.rate / theirs.rate for ours, theirs in pairs)
                print("| %s | %d | %.0f | %.0f | %.2f (%.2f-%.2f) | %d |" % (
                    title, width, statistics.median(ours.rate for ours, _ in pairs),
                    statistics.median(theirs.rate for _, theirs in pairs),
                    statistics.median(ratios), ratios[0], ratios[-1],
                    statistics.median(ours.middle_us - theirs.middle_us
                                      for ours, theirs in pairs)), flush=True)

    def create(self, columns, label, table, parameters):
        """Trains a model; seconds until it was saved, and its facts."""
        self.models += 1
        name = "m%d" % self.models
        given = ", ".join("%s=%s" % one for one in parameters.items())
        begun = time.monotonic()
        self.boreal.sql(
            "USE bench; CREATE MODEL %s WITH (model_class='lightgbm', x_cols='%s', y_cols='%s', "
            "model_parameter=(%s)) AS (SELECT * FROM %s)"
            % (name, ",".join(columns), label, given, table))
        while True:
            status = self.boreal.sql("SHOW MODEL %s" % name)
            if "saved" in status or "serving" in status:
                break
            if "fail" in status:
                raise SystemExit("bench: " + status)
            time.sleep(0.02)
        seconds = time.monotonic() - begun
        return seconds, self.boreal.sql("DESC MODEL EXTENDED %s" % name)

    def read(self):
        print("\n| read into columns | Boreal, s | C client, s | ratio |")
        print("| --- | ---: | ---: | ---: |")
        for table, columns, label in (("narrow", list("abcdef"), "g"), ("wide", REALS, "y")):
            pairs = []
            for _ in self.pairs():
                _, facts = self.create(columns, label, table,
                                       {"n_estimators": 1, "num_leaves": 2})
                reading = re.search(r'"reading":\s*({[^}]*})', facts.replace("\\", ""))
                ours = json.loads(reading.group(1))["ms"] / 1_000
                theirs = self.client.run(
                    self.mariadb, "binary",
                    "SELECT %s FROM %s" % (", ".join(columns + [label]), table)).middle_us / 1e6
                pairs.append((ours, theirs))
            ratios = sorted(ours / theirs for ours, theirs in pairs)
            print("| %s x %d | %.2f | %.2f | %.2f (%.2f-%.2f) |" % (
                "{:,}".format(self.rows(1_000_000 if table == "narrow" else 300_000)),
                len(columns) + 1, statistics.median(ours for ours, _ in pairs),
                statistics.median(theirs for _, theirs in pairs),
                statistics.median(ratios), ratios[0], ratios[-1]), flush=True)

    def train(self):
        folder = environment.default_folder()
        environment.prepare(folder, [])
        python = environment.python_of(folder)
        if not environment.is_pinned(environment.versions(python), PEER):
            if not environment.install(python, PEER):
                raise SystemExit("bench: PyMySQL and pandas cannot be installed")
        columns = [name for name in make_airlines.COLUMNS if name != "Delay"]
        parameters = dict(PARAMETERS, n_estimators=ROUNDS)
        job = {"port": self.mariadb.port, "table": "airlines", "columns": columns,
               "label": "Delay", "categories": ["Airline", "AirportFrom", "AirportTo"],
               "rounds": ROUNDS, "parameters": PARAMETERS}
        pairs = []
        for _ in self.pairs():
            ours, _ = self.create(columns, "Delay", "airlines", parameters)
            done = subprocess.run(
                [python, os.path.join(HERE, "upstream_peer.py"), json.dumps(job)],
                stdout=subprocess.PIPE, check=True)
            pairs.append((ours, json.loads(done.stdout)))
        ratios = sorted(theirs["seconds"] / ours for ours, theirs in pairs)
        print("\nA model of the airlines table, %d rows: Boreal %.2f s, PyMySQL, pandas and "
              "LightGBM %.2f s (reading %.2f s), ratio %.2f (%.2f-%.2f)" % (
                  self.rows(AIRLINES_ROWS), statistics.median(ours for ours, _ in pairs),
                  statistics.median(theirs["seconds"] for _, theirs in pairs),
                  statistics.median(theirs["read"] for _, theirs in pairs),
                  statistics.median(ratios), ratios[0], ratios[-1]), flush=True)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--scale", type=float, default=1)
    options = parser.parse_args()
    only = wanted(options)
    with tempfile.TemporaryDirectory(prefix="bench-upstream-", dir=options.scratch) as scratch:
        bench = Bench(options, scratch, only)
        try:
            say("making the tables")
            bench.fill()
            for name in ("relay", "read", "train"):
                if bench.wants(name):
                    getattr(bench, name)()
        finally:
            bench.stop()


main()
