#!/usr/bin/env python3
"""Ordinary SQL on Boreal's embedded tables beside MariaDB (InnoDB), in alternating runs.

usage: bench_tables.py --boreal .build/release/boreal [--pairs N] [--seconds S] [--rows N]
                       [--only NAME,NAME] [--scratch DIR]

Both servers run on loopback at the same time with scratch data directories; both are warm. Each
pair is one run on either, A B A B, so that a slow moment of the machine meets both. A ratio is
Boreal's rate divided by MariaDB's of the same pair: above 1 Boreal is faster. The client is
load_client.c, which speaks the protocol itself, or the mariadb command line for files.
"""
import argparse
import getpass
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
COLUMNS = "a INT, b INT, c BIGINT, d DOUBLE, e DOUBLE, f VARCHAR(20), g TINYINT"
POINT = "SELECT c FROM points WHERE id = ?"
GROUPS = "SELECT g, COUNT(*), SUM(c), AVG(d) FROM wide GROUP BY g"
PADDING = ("c" * 100, "p" * 50)


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A running server, whose root has no password."""

    def __init__(self, name, process, port):
        self.name, self.process, self.port = name, process, port
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if process.poll() is not None:
                    sys.exit("bench_tables: %s did not start" % name)
                time.sleep(0.1)
        sys.exit("bench_tables: %s does not answer" % name)

    def cli(self, arguments, **options):
        command = ["mariadb", "--no-defaults", "-h127.0.0.1", "-P%d" % self.port, "-uroot",
                   "--skip-ssl", "--local-infile=1"] + arguments
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        if done.returncode:
            sys.exit("bench_tables: %s: %s" % (self.name, done.stderr.decode()))
        return done.stdout.decode()

    def sql(self, text):
        return self.cli(["-N", "-e", text])

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def start_mariadb(scratch):
    folder = os.path.join(scratch, "mariadb")
    user = ["--user=" + getpass.getuser()]
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--datadir=" + folder,
         "--auth-root-authentication-method=normal"] + user,
        check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    process = subprocess.Popen(
        ["mariadbd", "--no-defaults", "--datadir=" + folder, "--port=%d" % port, "--local-infile=1",
         "--bind-address=127.0.0.1", "--socket=" + os.path.join(folder, "s"),
         "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=256M",
         "--innodb-flush-log-at-trx-commit=1", "--character-set-server=utf8mb4",
         "--skip-name-resolve"] + user,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return Server("MariaDB", process, port)


def start_boreal(program, scratch, sync):
    port = free_port()
    environment = dict(os.environ, BOREAL_ROOT_PASSWORD="", BOREAL_SYNC_TABLES=sync)
    process = subprocess.Popen(
        [program, "serve", "--data", os.path.join(scratch, "boreal-" + sync), "--port", str(port),
         "--http-port", "none"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return Server("Boreal", process, port)


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.client = os.path.join(scratch, "load_client")
        subprocess.run(["cc", "-O2", "-o", self.client, os.path.join(HERE, "load_client.c")],
                       check=True)
        self.next_key = 1_000_000

    def rate(self, server, mode, sql, connections=1, **environment):
        """Statements a second."""
        done = subprocess.run(
            [self.client, str(server.port), "root", "bench", str(connections),
             str(self.options.seconds), mode, sql],
            stdout=subprocess.PIPE, check=True,
            env=dict(os.environ, **{name: str(value) for name, value in environment.items()}))
        return float(done.stdout.split()[0])

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

    def compare(self, name, title, measure, left, right):
        rates = []
        for _ in range(self.options.pairs):
            rates.append((measure(left), measure(right)))
        ratios = sorted(ours / theirs for ours, theirs in rates)
        print("| %s | %.0f | %.0f | %.2f (%.2f-%.2f) |" % (
            title, statistics.median(pair[0] for pair in rates),
            statistics.median(pair[1] for pair in rates), statistics.median(ratios),
            ratios[0], ratios[-1]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boreal", required=True)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--scratch", default=None)
    options = parser.parse_args()
    for program in ("mariadb", "mariadbd", "mariadb-install-db", "cc"):
        if not shutil.which(program):
            sys.exit("bench_tables: %s is not installed" % program)
    only = [name for name in options.only.split(",") if name]
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
                    bench.compare(name, title, measure, *servers)
                    continue
                for sync, server in (("FULL", full), ("NORMAL", servers[0])):
                    bench.compare(name, "%s, sync_tables = %s" % (title, sync), measure, server,
                                  servers[1])
        finally:
            for server in servers + [full]:
                server.stop()


main()
