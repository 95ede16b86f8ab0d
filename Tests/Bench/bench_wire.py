#!/usr/bin/env python3
"""The front door of Boreal beside MariaDB's, in alternating runs.

usage: bench_wire.py --boreal .build/release/boreal [--pairs N] [--seconds S] [--only NAME,NAME]
                     [--scratch DIR]

Both servers run on loopback at the same time with scratch data directories; both are warm. Each
pair is one run on either, A B A B. A ratio is Boreal's rate divided by MariaDB's of the same pair:
above 1 Boreal is faster. Latencies are the client's, in microseconds; with as many connections as
in these runs they tell of the queue before the server rather than of one statement.
"""
import os
import random
import statistics
import subprocess
import tempfile
import time

from servers import LoadClient, arguments, say, wanted, start_boreal, start_mariadb

POINT = "SELECT c FROM points WHERE id = ?"
FEATURES = ",".join("f%d" % number for number in range(28))
PREDICT = ("SELECT id FROM PREDICT(MODEL trees, SELECT * FROM wide WHERE id = ?) WITH (x_cols='%s')"
           % FEATURES)
WIDTHS = (1, 8, 64, 512)


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.client = LoadClient(scratch, options.seconds)

    def prepare_files(self):
        draw = random.Random(1)
        self.points = os.path.join(self.scratch, "points.csv")
        self.wide = os.path.join(self.scratch, "wide.csv")
        with open(self.points, "w") as points:
            points.writelines("%d,%d,%s\n" % (number, number * 7 % 100_000, "c" * 100)
                              for number in range(1, 100_001))
        with open(self.wide, "w") as wide:
            for number in range(100_000):
                reals = ",".join("%r" % draw.gauss(0, 1) for _ in range(28))
                wide.write("%d,%s\n" % (number, reals))

    def fill(self, server):
        reals = ", ".join("f%d DOUBLE" % number for number in range(28))
        server.sql("CREATE DATABASE bench; USE bench; "
                   "CREATE TABLE points (id INT PRIMARY KEY, k INT, c CHAR(120)); "
                   "CREATE TABLE wide (id INT PRIMARY KEY, %s); "
                   "LOAD DATA LOCAL INFILE '%s' INTO TABLE points FIELDS TERMINATED BY ',';"
                   "LOAD DATA LOCAL INFILE '%s' INTO TABLE wide FIELDS TERMINATED BY ','"
                   % (reals, self.points, self.wide))

    def steps(self):
        """Name, title, mode, text, connections."""
        for width in WIDTHS:
            yield "select1", "SELECT 1", "rows", "SELECT 1", width
        for width in WIDTHS:
            yield "prepared", "prepared point select", "prepared", POINT, width
        for width in WIDTHS:
            yield "text", "point select in text form", "text", POINT, width
        for width in (1, 8):
            yield "connect", "connect, SELECT 1, disconnect", "connect", "SELECT 1", width
        yield "narrow", "100,000 rows of 2 columns", "rows", "SELECT id, k FROM points", 1
        yield "wide", "100,000 rows of 29 columns", "rows", "SELECT * FROM wide", 1

    def compare(self, title, mode, text, width, servers):
        pairs = [[self.client.run(server, mode, text, width) for server in servers]
                 for _ in range(self.options.pairs)]
        ratios = sorted(ours.rate / theirs.rate for ours, theirs in pairs)
        sides = list(zip(*pairs))
        cells = [title, width]
        cells += ["%.*f" % (0 if side[0].rate > 100 else 1,
                            statistics.median(run.rate for run in side)) for side in sides]
        cells.append("%.2f (%.2f-%.2f)" % (statistics.median(ratios), ratios[0], ratios[-1]))
        cells += ["%d" % statistics.median(run.p99_us for run in side) for side in sides]
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)

    def predict(self, boreal, mariadb):
        """One row by its key through a model, beside SELECT 1 and MariaDB's point select."""
        boreal.sql("USE bench; CREATE MODEL trees WITH (model_class='lightgbm', x_cols='%s', "
                   "y_cols='y', model_parameter=(n_estimators=100, num_leaves=255)) AS "
                   "(SELECT *, id %% 2 AS y FROM wide LIMIT 20000)" % FEATURES)
        for _ in range(600):
            if "saved" in boreal.sql("SHOW MODEL trees"):
                break
            time.sleep(0.1)
        boreal.sql("DEPLOY MODEL trees")
        for name, server, mode, text in (("SELECT 1", boreal, "rows", "SELECT 1"),
                                         ("point select in text form", boreal, "text", POINT),
                                         ("MariaDB's", mariadb, "text", POINT)):
            pairs = [(self.client.run(boreal, "text", PREDICT),
                      self.client.run(server, mode, text)) for _ in range(self.options.pairs)]
            ratios = sorted(ours.middle_us / other.middle_us for ours, other in pairs)
            print("\nPREDICT of one row beside %s: middle %.0f us, %.0f us, ratio %.2f (%.2f-%.2f)"
                  % (name, statistics.median(ours.middle_us for ours, _ in pairs),
                     statistics.median(other.middle_us for _, other in pairs),
                     statistics.median(ratios), ratios[0], ratios[-1]), flush=True)

    def idle(self, server, connections):
        """MiB that the server grows by when so many clients are logged in and silent."""
        before = server.resident_mib()
        client = subprocess.Popen(
            self.client.command(server, "idle", "", connections, "bench"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        client.stdout.readline()
        grown = server.settled_mib() - before
        client.stdin.close()
        client.wait(60)
        return grown


def main():
    options = arguments(__doc__).parse_args()
    only = wanted(options)
    with tempfile.TemporaryDirectory(prefix="bench-wire-", dir=options.scratch) as scratch:
        bench = Bench(options, scratch)
        say("making the tables")
        bench.prepare_files()
        servers = [start_boreal(options.boreal, scratch, max_connections=6000),
                   start_mariadb(scratch, "--max-connections=6000", "--table-open-cache=2000")]
        try:
            for server in servers:
                bench.fill(server)
            print("| step | connections | Boreal, a second | MariaDB, a second | ratio "
                  "| Boreal, p99 us | MariaDB, p99 us |")
            print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
            for name, title, mode, text, width in bench.steps():
                if not only or name in only:
                    bench.compare(title, mode, text, width, servers)
            if not only or "predict" in only:
                bench.predict(*servers)
            if not only or "idle" in only:
                grown = [bench.idle(server, 5_000) for server in servers]
                print("\n5,000 idle connections: Boreal %.1f MiB, MariaDB %.1f MiB more."
                      % tuple(grown), flush=True)
        finally:
            for server in servers:
                server.stop()


main()
