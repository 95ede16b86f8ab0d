"""What the benches beside MariaDB share: the two servers, the load client, the comparison."""
import argparse
import collections
import getpass
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))

Load = collections.namedtuple("Load", "rate middle_us p99_us")


def arguments(doc):
    """What every bench beside MariaDB takes."""
    parser = argparse.ArgumentParser(description=doc,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boreal", required=True)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--scratch", default=None)
    return parser


def wanted(options):
    """Names of the steps that shall run, none for all; ends the bench without what it needs."""
    for program in ("mariadb", "mariadbd", "mariadb-install-db", "cc"):
        if not shutil.which(program):
            sys.exit("bench: %s is not installed" % program)
    return [name for name in options.only.split(",") if name]


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
                    sys.exit("bench: %s did not start" % name)
                time.sleep(0.1)
        sys.exit("bench: %s does not answer" % name)

    def cli(self, arguments, **options):
        command = ["mariadb", "--no-defaults", "-h127.0.0.1", "-P%d" % self.port, "-uroot",
                   "--skip-ssl", "--local-infile=1"] + arguments
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        if done.returncode:
            sys.exit("bench: %s: %s" % (self.name, done.stderr.decode()))
        return done.stdout.decode()

    def sql(self, text):
        return self.cli(["-N", "-e", text])

    def resident_mib(self):
        """Memory of the process, in MiB."""
        with open("/proc/%d/status" % self.process.pid) as status:
            line = next(line for line in status if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024

    def settled_mib(self):
        """The same once buffers that were grown have been let go."""
        time.sleep(5)
        return self.resident_mib()

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def start_mariadb(scratch, *options):
    folder = os.path.join(scratch, "mariadb")
    # A server that starts deletes what it finds of others in the folder of temporary files.
    user = ["--user=" + getpass.getuser(), "--tmpdir=" + scratch]
    path = os.path.join(folder, "s")
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", "--datadir=" + folder,
         "--auth-root-authentication-method=normal"] + user,
        check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    process = subprocess.Popen(
        ["mariadbd", "--no-defaults", "--datadir=" + folder, "--port=%d" % port, "--local-infile=1",
         "--bind-address=127.0.0.1", "--socket=" + path,
         "--innodb-buffer-pool-size=1G", "--innodb-log-file-size=256M",
         "--innodb-flush-log-at-trx-commit=1", "--character-set-server=utf8mb4",
         "--skip-name-resolve"] + user + list(options),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server = Server("MariaDB", process, port)
    server.socket = path
    return server


def start_boreal(program, scratch, sync="NORMAL", http_port="none", **settings):
    port = free_port()
    environment = dict(os.environ, BOREAL_ROOT_PASSWORD="", BOREAL_SYNC_TABLES=sync,
                       **{"BOREAL_" + name.upper(): str(value)
                          for name, value in settings.items()})
    name = "source" if "source" in settings else sync
    process = subprocess.Popen(
        [program, "serve", "--data", os.path.join(scratch, "boreal-" + name), "--port", str(port),
         "--http-port", str(http_port)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    return Server("Boreal", process, port)


class LoadClient:
    """load_client.c, compiled."""

    def __init__(self, scratch, seconds):
        self.seconds = seconds
        self.program = os.path.join(scratch, "load_client")
        subprocess.run(["cc", "-O2", "-pthread", "-o", self.program,
                        os.path.join(HERE, "load_client.c")], check=True)

    def command(self, server, mode, sql, connections, database):
        return [self.program, str(server.port), "root", database, str(connections),
                str(self.seconds), mode, sql]

    def run(self, server, mode, sql, connections=1, database="bench", **environment):
        """Statements a second and latencies of one run."""
        done = subprocess.run(
            self.command(server, mode, sql, connections, database),
            stdout=subprocess.PIPE, check=True,
            env=dict(os.environ, **{name: str(value) for name, value in environment.items()}))
        rate, middle, p99 = done.stdout.split()
        return Load(float(rate), int(middle), int(p99))


def compare(title, measure, left, right, pairs):
    """Prints a line of medians and of the ratio of rates, from alternating runs."""
    rates = []
    for _ in range(pairs):
        rates.append((measure(left), measure(right)))
    ratios = sorted(ours / theirs for ours, theirs in rates)
    print("| %s | %.0f | %.0f | %.2f (%.2f-%.2f) |" % (
        title, statistics.median(pair[0] for pair in rates),
        statistics.median(pair[1] for pair in rates), statistics.median(ratios),
        ratios[0], ratios[-1]), flush=True)
