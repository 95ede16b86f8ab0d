#!/usr/bin/env python3
"""Ordinary SQL on Boreal's embedded tables beside MariaDB (InnoDB), in alternating runs.

usage: bench_tables.py --boreal .build/release/boreal [--pairs N] [--seconds S] [--rows N]
                       [--only NAME,NAME] [--scratch DIR]

Both servers run on loopback at the same time with scratch data directories; both are warm. Each
pair is one run on either, A B A B, so that a slow moment of the machine meets both. A ratio is
Boreal's rate divided by MariaDB's of the same pair: above 1 Boreal is faster. The client is
load_client.c, which speaks the protocol itself, or the mariadb command line for files.
"""
import json
import os
import random
import statistics
import sys
import tempfile
import time

from servers import LoadClient, arguments, compare, say, wanted, start_boreal, start_mariadb

COLUMNS = "a INT, b INT, c BIGINT, d DOUBLE, e DOUBLE, f VARCHAR(20), g TINYINT"
POINT = "SELECT c FROM points WHERE id = ?"
GROUPS = "SELECT g, COUNT(*), SUM(c), AVG(d) FROM wide GROUP BY g"
PADDING = ("c" * 100, "p" * 50)


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.client = LoadClient(scratch, options.seconds)
        self.next_key = 1_000_000

    def rate(self, server, mode, sql, connections=1, **environment):
        """Statements a second."""
        return self.client.run(server, mode, sql, connections, **environment).rate

    def commits(self, server, connections):
        self.next_key += 10_000_000
        return self.rate(server, "insert", "INSERT INTO commits VALUES (?, 'x')", connections,
                         START=self.next_key)

    def load(self, server):
        """Rows a second of LOAD DATA."""
        server.sql("USE bench; DROP TABLE IF EXISTS loaded; CREATE TABLE loaded (%s)" % COLUMNS)
        started = time.monotonic()
        server.sql("USE bench; LOAD DATA LOCAL INFILE '%s' INTO TABLE loaded FIELDS TERMINATED BY "
                   "','" % self.part)
        return self.part_rows / (time.monotonic() - started)

    def insert(self, server):
        """Rows a second of INSERT with 1,000 rows each, in one transaction."""
        server.sql("USE bench; DROP TABLE IF EXISTS loaded; CREATE TABLE loaded (%s)" % COLUMNS)
        started = time.monotonic()
        with open(self.inserts, "rb") as file:
            server.cli(["bench"], stdin=file)
        return self.part_rows / (time.monotonic() - started)

    def prepare_files(self):
        draw = random.Random(1)
        self.part_rows = min(self.options.rows, 200_000)
        self.wide = os.path.join(self.scratch, "wide.csv")
        self.part = os.path.join(self.scratch, "part.csv")
        self.inserts = os.path.join(self.scratch, "inserts.sql")
        self.points = os.path.join(self.scratch, "points.csv")
        rows = []
        with open(self.wide, "w") as wide:
            for number in range(self.options.rows):
                row = (number, draw.randrange(1000), draw.randrange(10**12), draw.random(),
                       round(draw.gauss(0, 100), 3), "name%d" % draw.randrange(5000),
                       draw.randrange(10))
                wide.write("%d,%d,%d,%r,%r,%s,%d\n" % row)
                if number < self.part_rows:
                    rows.append(row)
        with open(self.part, "w") as part:
            part.writelines("%d,%d,%d,%r,%r,%s,%d\n" % row for row in rows)
        with open(self.inserts, "w") as inserts:
            inserts.write("START TRANSACTION;\n")
            for start in range(0, len(rows), 1000):
                values = ",".join("(%d,%d,%d,%r,%r,'%s',%d)" % row
                                  for row in rows[start:start + 1000])
                inserts.write("INSERT INTO loaded VALUES %s;\n" % values)
            inserts.write("COMMIT;\n")
        with open(self.points, "w") as points:
            points.writelines("%d,%d,%s,%s\n" % (number, number * 7 % 100_000, *PADDING)
                              for number in range(1, 100_001))

    def fill(self, server):
        server.sql("CREATE DATABASE bench; USE bench; CREATE TABLE points (id INT PRIMARY KEY, "
                   "k INT, c CHAR(120), pad CHAR(60)); CREATE TABLE wide (%s); "
                   "CREATE TABLE commits (id INT PRIMARY KEY, v VARCHAR(10)); "
                   "LOAD DATA LOCAL INFILE '%s' INTO TABLE points FIELDS TERMINATED BY ',';"
                   "LOAD DATA LOCAL INFILE '%s' INTO TABLE wide FIELDS TERMINATED BY ','"
                   % (COLUMNS, self.points, self.wide))

    def steps(self):
        """Name, title, the measure of one server."""
        yield from (("prepared%d" % n, "prepared point select, %d connections" % n,
                     lambda s, n=n: self.rate(s, "prepared", POINT, n)) for n in (1, 8, 64))
        yield "text", "text point select, 8 connections", lambda s: self.rate(s, "text", POINT, 8)
        yield "rows", "select of 1,000 rows", lambda s: self.rate(
            s, "rows", "SELECT * FROM points LIMIT 1000")
        yield "group", "10 groups over %d rows" % self.options.rows, lambda s: self.rate(
            s, "rows", GROUPS)
        yield "insert", "INSERT of 1,000 rows each", self.insert
        yield "load", "LOAD DATA LOCAL", self.load
        yield "commit1", "durable commits, 1 connection", lambda s: self.commits(s, 1)
        yield "commit8", "durable commits, 8 connections", lambda s: self.commits(s, 8)

    def scan(self, server):
        """Rows a second of a core that go into training columns, as the model's facts tell."""
        server.sql("CREATE OR REPLACE MODEL scanned WITH (model_class='lightgbm', "
                   "x_cols='a,b,c,d,e,f', y_cols='g', model_parameter=(num_iterations=1, "
                   "objective='multiclass', num_class=10)) AS (SELECT * FROM bench.wide)")
        for _ in range(600):
            facts = dict(line.split("\t", 1) for line in
                         server.sql("DESC MODEL EXTENDED scanned").splitlines() if "\t" in line)
            if facts["status"] in ("saved", "failed"):
                break
            time.sleep(0.2)
        reading = json.loads(facts["model"])["reading"]
        return reading["rows"] / (reading["cpu_ms"] / 1000)


def main():
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    only = wanted(options)
    with tempfile.TemporaryDirectory(prefix="bench-tables-", dir=options.scratch) as scratch:
        bench = Bench(options, scratch)
        say("making the tables")
        bench.prepare_files()
        servers = [start_boreal(options.boreal, scratch, "NORMAL"), start_mariadb(scratch)]
        full = start_boreal(options.boreal, scratch, "FULL")
        try:
            for server in servers:
                bench.fill(server)
            full.sql("CREATE DATABASE bench; USE bench; CREATE TABLE commits (id INT PRIMARY KEY, "
                     "v VARCHAR(10))")
            print("| step | Boreal, a second | MariaDB, a second | ratio |")
            print("| --- | ---: | ---: | ---: |")
            if not only or "scan" in only:
                rates = [bench.scan(servers[0]) for _ in range(options.pairs)]
                print("| %d x 7 into training columns, a second of a core | %.0f | | |"
                      % (options.rows, statistics.median(rates)), flush=True)
            for name, title, measure in bench.steps():
                if only and name not in only:
                    continue
                if not name.startswith("commit"):
                    compare(title, measure, *servers, options.pairs)
                    continue
                for sync, server in (("FULL", full), ("NORMAL", servers[0])):
                    compare("%s, sync_tables = %s" % (title, sync), measure, server, servers[1],
                            options.pairs)
        finally:
            for server in servers + [full]:
                server.stop()


main()
