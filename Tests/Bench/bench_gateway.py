#!/usr/bin/env python3
"""Calls of remote models through Boreal beside wrk against the same service.

usage: bench_gateway.py --boreal .build/release/boreal [--pairs N] [--seconds S] [--only NAME,NAME]
                        [--rows N] [--scratch DIR] [--litellm PROGRAM] [--light] [--apart]

The service is Fixtures/remote/mock_upstream.py on loopback, which answers after a set time. wrk and
Boreal ask it in turn, A B A B; what the service itself takes is in both figures. That service is
Python and fills most of a core with 16 clients, so that on two cores whoever stands between waits
for it; with --light it is nginx, which answers after 20 ms for a tenth of that (steps rate, flight,
latency, passage, litellm, nginx and predict). With --apart the service has the first core for
itself and everything else the others, as if it ran elsewhere. Steps:

  rate     calls a second with 64 in flight and a 20 ms service: one statement over 10,000 rows
  flight   one statement with 16 in flight: what Boreal adds to the mean of a call
  latency  16 clients, a 20 ms service, one call a statement: what Boreal adds to each call
  passage  16 clients of /v1/chat/completions: what Boreal adds to each call
  litellm  the same through LiteLLM's proxy, when there is one: its processor time beside Boreal's
  nginx    the same through nginx, when it is installed, which reads nothing of what it passes on
  predict  the same over a connector's _predict
  embed    100,000 rows with 30 % duplicates through batches of 256, 5 ms a call: requests, rows a
           minute, memory
  memory   resident memory after a tenth of ROWS rows and after all of them (default 1,000,000)
  artifact a result of 1 GB downloaded beside a server that does nothing but sendfile(2)
"""
import http.client
import json
import os
import re
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from servers import LoadClient, Server, arguments, free_port, say, start_boreal

SERVICE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "Fixtures",
                       "remote", "mock_upstream.py")
KEY = "sk-bench-0123456789"
CALL = "AI_CallText('chat', %s)"
ROWS_IN_FLIGHT = 64
CLIENTS = 16
# The operator document's figure for its own gateway, rows a minute.
DOCUMENTED_ROWS_A_MINUTE = 26_000

CHAT = '{"model":"%s","messages":[{"role":"user","content":"row %%d"}],"max_tokens":16}'
PREDICT = '{"parameters":{"messages":[{"role":"user","content":"row %d"}]}}'

# Prints requests a second, and the 50th and 99th percentile in microseconds.
WRK_SCRIPT = """
local number = 0
local start = math.random(1, 1e9)
request = function()
  number = number + 1
  return wrk.format("POST", "@PATH@",
    {["Content-Type"] = "application/json", ["Authorization"] = "Bearer @KEY@"},
    string.format('@BODY@', start + number))
end
done = function(summary, latency)
  print(string.format("result %.3f %d %d %d", summary.requests / summary.duration * 1e6,
    latency:percentile(50), latency:percentile(99), summary.errors.status))
end
"""

NGINX = """
daemon off; master_process off; pid %(scratch)s/nginx.pid; error_log /dev/null;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path %(scratch)s; proxy_temp_path %(scratch)s;
  fastcgi_temp_path %(scratch)s; uwsgi_temp_path %(scratch)s; scgi_temp_path %(scratch)s;
  upstream service { server 127.0.0.1:%(to)d; keepalive 64; }
  server {
    listen 127.0.0.1:%(port)d;
    location / {
      proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
    }
  }
}
"""

# One answer for all, after the time of the steps on latencies.
LIGHT = """
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off; master_process off; pid %(scratch)s/light.pid; error_log /dev/null;
events { worker_connections 256; }
http {
  access_log off; client_body_temp_path %(scratch)s; proxy_temp_path %(scratch)s;
  fastcgi_temp_path %(scratch)s; uwsgi_temp_path %(scratch)s; scgi_temp_path %(scratch)s;
  keepalive_requests 1000000000;
  server {
    listen 127.0.0.1:%(port)d;
    location = /count { stub_status; }
    location / {
      default_type application/json; echo_read_request_body; echo_sleep 0.02;
      echo '{"id":"1","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,
             "message":{"role":"assistant","content":"echo"},"finish_reason":"stop"}],
             "usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}';
    }
  }
}
"""


class Service:
    """The mock model service."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, SERVICE, "--port", str(self.port), "--api-key", KEY],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        Server("the model service", self.process, self.port)

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request(method, path, json.dumps(body) if body is not None else None)
        return json.loads(connection.getresponse().read() or b"null")

    def reset(self, milliseconds):
        self.ask("POST", "/__admin/reset", {})
        self.ask("POST", "/__admin/config", {"latency_ms": milliseconds})

    def requests(self):
        return sum(self.ask("GET", "/__admin/stats")["by_route"].values())

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class LightService:
    """nginx as a model service that takes 20 ms and hardly any processor time."""

    def __init__(self, scratch):
        self.port, path = free_port(), os.path.join(scratch, "light.conf")
        with open(path, "w") as file:
            file.write(LIGHT % {"scratch": scratch, "port": self.port})
        self.process = subprocess.Popen(["nginx", "-c", path], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        Server("nginx with its echo module", self.process, self.port)

    def reset(self, milliseconds):
        if milliseconds != 20:
            sys.exit("bench: the light service takes 20 ms: choose steps with --only")

    def requests(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/count")
        # Its third line counts connections accepted, handled, and requests.
        return int(connection.getresponse().read().split(b"\n")[2].split()[2])

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def cpu_seconds(server):
    """Processor time of a process so far."""
    with open("/proc/%d/stat" % server.process.pid) as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class FileSender(threading.Thread):
    """Answers each connection with a file, as fast as the system can."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            peer, _ = self.listener.accept()
            with peer, open(self.path, "rb") as file:
                peer.recv(65_536)
                size = os.fstat(file.fileno()).st_size
                peer.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                             % size)
                peer.sendfile(file)


class Bench:
    def __init__(self, options, scratch):
        self.options, self.scratch = options, scratch
        self.client = LoadClient(scratch, options.seconds)
        cores = sorted(os.sched_getaffinity(0))
        if options.apart:
            os.sched_setaffinity(0, cores[:1])
        self.service = LightService(scratch) if options.light else Service()
        if options.apart:
            os.sched_setaffinity(0, cores[1:])
        self.http_port = free_port()
        try:
            self.boreal = start_boreal(
                options.boreal, scratch, http_port=self.http_port,
                connector_private_ip_enabled="ON",
                trusted_connector_endpoints_regex='["http://127\\\\.0\\\\.0\\\\.1:[0-9]+/.*"]',
                master_key_file=os.path.join(scratch, "master.key"))
        except SystemExit:
            self.service.stop()
            raise

    def prepare(self):
        for name, task, calls, more in (
                ("chat", "chat", ROWS_IN_FLIGHT, "MAX_TOKENS='16'"),
                ("few", "chat", CLIENTS, "MAX_TOKENS='16'"),
                ("embed", "sentence-embedding", ROWS_IN_FLIGHT, "MAX_BATCH='256'")):
            self.boreal.sql(
                "CREATE MODEL %s WITH VERSION v1 OPTIONS (MODEL_SOURCE_TYPE='REMOTE', "
                "MODEL_TYPE='LLM', TASKS='%s', PAI_EAS_MODEL_NAME='bench', "
                "PAI_EAS_SERVICE_NAME='bench', ENDPOINT='http://127.0.0.1:%d', APIKEY='%s', "
                "PAI_EAS_SYNC_MODE='true', MAX_CONCURRENCY='%d', %s)"
                % (name, task, self.service.port, KEY, calls, more))
        self.boreal.sql("CREATE DATABASE bench; CREATE TABLE bench.texts (id INT PRIMARY KEY)")
        self.insert(100_000)

    def insert(self, count):
        path = os.path.join(self.scratch, "texts.csv")
        with open(path, "w") as rows:
            rows.writelines("%d\n" % number for number in range(count))
        self.boreal.sql("DELETE FROM bench.texts; LOAD DATA LOCAL INFILE '%s' "
                        "INTO TABLE bench.texts" % path)

    def wrk(self, connections, port=None, path="/v1/chat/completions", key=KEY,
            body=CHAT % "bench"):
        """Requests a second, and percentiles 50 and 99 in microseconds; of the service itself
        unless a port is given."""
        script = os.path.join(self.scratch, "post.lua")
        text = WRK_SCRIPT
        for mark, value in (("@PATH@", path), ("@KEY@", key), ("@BODY@", body)):
            text = text.replace(mark, value)
        with open(script, "w") as file:
            file.write(text)
        done = subprocess.run(
            ["wrk", "-t1", "-c%d" % connections, "-d%ds" % max(1, round(self.options.seconds)),
             "--latency", "-s", script, "http://127.0.0.1:%d" % (port or self.service.port)],
            stdout=subprocess.PIPE, check=True)
        line = next(line for line in done.stdout.decode().splitlines()
                    if line.startswith("result "))
        rate, middle, p99, failed = line.split()[1:]
        if int(failed):
            sys.exit("bench: %s requests of wrk failed" % failed)
        return float(rate), int(middle), int(p99)

    def timed(self, sql):
        """Seconds, Boreal's processor seconds and requests of one statement, and its answer."""
        before, asked = cpu_seconds(self.boreal), self.service.requests()
        begun = time.monotonic()
        answer = self.boreal.cli(["-N", "--quick", "-e", sql])
        seconds = time.monotonic() - begun
        return (seconds, cpu_seconds(self.boreal) - before, self.service.requests() - asked,
                answer)

    # MARK: the steps

    def rate(self):
        """One statement with 64 in flight beside wrk with 64 connections."""
        self.service.reset(20)
        count = 10_000
        sql = "SELECT COUNT(%s) FROM bench.texts WHERE id < %d" % (CALL, count)
        ratios, cpu, rates = [], [], []
        for pair in range(self.options.pairs + 1):
            theirs = self.wrk(ROWS_IN_FLIGHT)[0]
            seconds, processor, _, answer = self.timed(
                sql % ("CONCAT('pair %d row ', id)" % pair))
            if answer.split() != [str(count)]:
                sys.exit("bench: %s of %d rows were answered" % (answer.strip(), count))
            # The first run finds out how many calls the service bears.
            if pair:
                rates.append((count / seconds, theirs))
                ratios.append(count / seconds / theirs)
                cpu.append(processor / count * 1e3)
        print("| calls a second, 64 in flight, 20 ms service | %.0f | %.0f | %.2f (%.2f-%.2f) |"
              % (statistics.median(rate for rate, _ in rates),
                 statistics.median(rate for _, rate in rates),
                 statistics.median(ratios), min(ratios), max(ratios)), flush=True)
        print("| Boreal's processor time a call, ms | %.3f | | |" % statistics.median(cpu),
              flush=True)

    def flight(self):
        """One statement with as many calls in flight as wrk has connections: the time of a call is
        that number by the rate."""
        self.service.reset(20)
        count = 4_000
        sql = "SELECT COUNT(AI_CallText('few', %s)) FROM bench.texts WHERE id < %d"
        added, cpu, times = [], [], []
        for pair in range(self.options.pairs + 1):
            theirs = CLIENTS * 1e3 / self.wrk(CLIENTS)[0]
            seconds, processor, _, answer = self.timed(
                sql % ("CONCAT('flight %d row ', id)" % pair, count))
            if answer.split() != [str(count)]:
                sys.exit("bench: %s of %d rows were answered" % (answer.strip(), count))
            if pair:
                ours = CLIENTS * 1e3 * seconds / count
                times.append((ours, theirs))
                added.append(ours - theirs)
                cpu.append(processor / count * 1e3)
        print("| a call of one statement with 16 in flight, mean, ms | %.2f | %.2f | "
              "%+.2f (%+.2f to %+.2f) |"
              % (statistics.median(ours for ours, _ in times),
                 statistics.median(theirs for _, theirs in times),
                 statistics.median(added), min(added), max(added)), flush=True)
        print("| Boreal's processor time a call of these, ms | %.3f | | |" % statistics.median(cpu),
              flush=True)

    def latency(self):
        """Clients that ask for one call a statement beside wrk with as many connections."""
        self.service.reset(20)
        sql = "SELECT " + CALL % "'row ?'"
        middle, p99, cpu = [], [], []
        for pair in range(self.options.pairs + 1):
            theirs = self.wrk(CLIENTS)
            before, asked = cpu_seconds(self.boreal), self.service.requests()
            load = self.client.run(self.boreal, "text", sql, CLIENTS, KEYS=10 ** 15)
            asked = self.service.requests() - asked
            if pair:
                middle.append((load.middle_us, theirs[1]))
                p99.append((load.p99_us, theirs[2]))
                cpu.append((cpu_seconds(self.boreal) - before) / asked * 1e3)
        for title, pairs in (("middle", middle), ("99th percentile", p99)):
            added = [(ours - theirs) / 1e3 for ours, theirs in pairs]
            print("| latency of 16 clients, %s, ms | %.2f | %.2f | %+.2f (%+.2f to %+.2f) |"
                  % (title, statistics.median(ours for ours, _ in pairs) / 1e3,
                     statistics.median(theirs for _, theirs in pairs) / 1e3,
                     statistics.median(added), min(added), max(added)), flush=True)
        print("| Boreal's processor time a statement with a call, ms | %.3f | | |"
              % statistics.median(cpu), flush=True)

    def added(self, title, ours, server=None):
        """What a way through a server, Boreal unless another is given, adds to wrk's own latencies,
        and its processor time."""
        server = server or self.boreal
        self.service.reset(20)
        middle, p99, cpu = [], [], []
        for pair in range(self.options.pairs + 1):
            theirs = self.wrk(CLIENTS)
            before, asked = cpu_seconds(server), self.service.requests()
            mine = ours()
            asked = self.service.requests() - asked
            if pair:
                middle.append((mine[1] - theirs[1]) / 1e3)
                p99.append((mine[2] - theirs[2]) / 1e3)
                cpu.append((cpu_seconds(server) - before) / asked * 1e3)
        print("| %s: added to the middle and the 99th percentile, ms | %+.2f | %+.2f | |"
              % (title, statistics.median(middle), statistics.median(p99)))
        print("| %s: %s's processor time a call, ms | %.3f | | |"
              % (title, server.name, statistics.median(cpu)), flush=True)

    def token(self):
        return self.boreal.sql("CREATE TOKEN FOR root@localhost").split("\t")[1]

    def passage(self):
        """OpenAI's form through Boreal."""
        key = self.token()
        self.added("/v1/chat/completions", lambda: self.wrk(
            CLIENTS, self.http_port, key=key, body=CHAT % "chat"))

    def litellm(self):
        """OpenAI's form through LiteLLM's proxy with one worker."""
        program = self.options.litellm or shutil.which("litellm")
        if not program:
            say("litellm is not installed: no comparison with it")
            return
        path = os.path.join(self.scratch, "litellm.yaml")
        master = "sk-" + secrets.token_hex(24)
        with open(path, "w") as file:
            json.dump({
                "general_settings": {"master_key": master},
                "model_list": [{"model_name": "chat", "litellm_params": {
                    "model": "openai/bench", "api_key": KEY,
                    "api_base": "http://127.0.0.1:%d/v1" % self.service.port}}]}, file)
        port = free_port()
        process = subprocess.Popen(
            [program, "--config", path, "--port", str(port), "--host", "127.0.0.1"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        proxy = Server("LiteLLM", process, port)
        try:
            self.service.reset(20)
            key = self.token()
            ways = {proxy: lambda: self.wrk(CLIENTS, port, key=master, body=CHAT % "chat"),
                    self.boreal: lambda: self.wrk(CLIENTS, self.http_port, key=key,
                                                  body=CHAT % "chat")}
            figures = {proxy: [], self.boreal: []}
            for pair in range(self.options.pairs + 1):
                for server, way in ways.items():
                    before, asked = cpu_seconds(server), self.service.requests()
                    rate, middle, p99 = way()
                    asked = self.service.requests() - asked
                    if pair:
                        figures[server].append(
                            (rate, middle, p99, (cpu_seconds(server) - before) / asked * 1e3))
            ours, theirs = ([statistics.median(column) for column in zip(*figures[server])]
                            for server in (self.boreal, proxy))
            for place, title in enumerate(("calls a second", "middle, us",
                                           "99th percentile, us", "processor time a call, ms")):
                print("| /v1/chat/completions beside LiteLLM, 16 clients: %s | %.3g | %.3g | %.3g |"
                      % (title, ours[place], theirs[place], ours[place] / theirs[place]),
                      flush=True)
        finally:
            process.terminate()
            process.wait(60)

    def nginx(self):
        """OpenAI's form through nginx: the least that a server in between can add here."""
        program = shutil.which("nginx")
        if not program:
            say("nginx is not installed: no comparison with it")
            return
        port, path = free_port(), os.path.join(self.scratch, "nginx.conf")
        with open(path, "w") as file:
            file.write(NGINX % {"scratch": self.scratch, "port": port, "to": self.service.port})
        process = subprocess.Popen([program, "-c", path], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        proxy = Server("nginx", process, port)
        try:
            self.added("nginx", lambda: self.wrk(CLIENTS, port), proxy)
        finally:
            proxy.stop()

    def predict(self):
        """A connector's _predict through Boreal."""
        key = self.token()
        path = self.connected_path(key)
        self.added("_predict", lambda: self.wrk(CLIENTS, self.http_port, path, key, PREDICT))

    def connected_path(self, key):
        """Where a model is asked that is registered with a connector."""
        created = self.rest(key, "/connectors/_create", {
            "name": "c", "version": "1", "protocol": "http", "credential": {"key": KEY},
            "client_config": {"max_connection": ROWS_IN_FLIGHT},
            "actions": [{
                "action_type": "predict", "method": "POST",
                "url": "http://127.0.0.1:%d/v1/chat/completions" % self.service.port,
                "headers": {"Authorization": "Bearer ${credential.key}"},
                "request_body": '{"model":"m","messages":${parameters.messages}}'}]})
        model = self.rest(key, "/models/_register?deploy=true", {
            "name": "rest_chat", "function_name": "remote",
            "connector_id": created["connector_id"]})["model_id"]
        return "/_plugins/_ml/models/%s/_predict" % model

    def rest(self, key, path, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port)
        connection.request("POST", "/_plugins/_ml" + path, json.dumps(body),
                           {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 200:
            sys.exit("bench: %s: %s" % (path, text))
        return json.loads(text)

    def embed(self):
        """A table of 100,000 rows, 70,000 different texts, through batches."""
        self.service.reset(5)
        least = -(-70_000 // 256)
        self.timed("SELECT COUNT(AI_EmbedText('embed', CONCAT('warm ', id))) FROM bench.texts "
                   "WHERE id < 20000")
        resident = self.boreal.resident_mib()
        for form, sql in (
                ("memo", "SELECT COUNT(%s) FROM bench.texts"),
                ("streaming", "SELECT %s FROM bench.texts")):
            call = "AI_EmbedText('embed', CONCAT('" + form + " ', id % 70000))"
            seconds, processor, requests, answer = self.timed(sql % call)
            rows = answer.split("\n")[:-1]
            if rows != ["100000"] and (len(rows) != 100_000 or "NULL" in rows):
                sys.exit("bench: not all of 100000 rows were embedded")
            rows = 100_000 / seconds * 60
            print("| embedding, %s form: requests | %d | %d | %.3f |"
                  % (form, requests, least, requests / least))
            print("| embedding, %s form: rows a minute beside the documented | %.0f | %d | %.0f |"
                  % (form, rows, DOCUMENTED_ROWS_A_MINUTE,
                     rows / DOCUMENTED_ROWS_A_MINUTE))
            print("| embedding, %s form: processor time a row, us; memory grown, MiB | %.1f | %.0f "
                  "| |" % (form, processor / 100_000 * 1e6,
                           self.boreal.resident_mib() - resident), flush=True)

    def memory(self):
        """Rows to a client that throws them away: memory must not grow with their number."""
        self.service.reset(0)
        rows = self.options.rows
        self.insert(rows)
        sql = "SELECT AI_EmbedText('embed', CONCAT('%s ', id)) FROM bench.texts LIMIT %d"
        figures = []
        for prefix, count in (("tenth", rows // 10), ("all", rows)):
            self.boreal.cli(["-N", "--quick", "-e", sql % (prefix, count)])
            figures.append(self.boreal.settled_mib())
            say("%d rows: %.0f MiB" % (count, figures[-1]))
        print("| resident after %d and %d rows, MiB | %.0f | %.0f | %.2f |"
              % (rows, rows // 10, figures[1], figures[0], figures[1] / figures[0]), flush=True)
        sql = ("SELECT id FROM PREDICT(MODEL embed, SELECT id, CONCAT('%s task ', id) AS text "
               "FROM bench.texts LIMIT %d) WITH (x_cols='text', mode='async', primary_key='id')")
        figures = []
        for prefix, count in (("tenth", rows // 10), ("all", rows)):
            task = self.boreal.sql(sql % (prefix, count)).strip()
            self.wait_for("SHOW TASK `%s`" % task, "finish")
            figures.append(self.boreal.settled_mib())
            say("a task over %d rows: %.0f MiB" % (count, figures[-1]))
        print("| resident after tasks over %d and %d rows, MiB | %.0f | %.0f | %.2f |"
              % (rows, rows // 10, figures[1], figures[0], figures[1] / figures[0]), flush=True)

    def artifact(self):
        """A result file of about 1 GB, whole and in parts."""
        self.insert(1_000_000)
        self.boreal.sql(
            "CREATE TABLE bench.wide (id INT PRIMARY KEY, a INT, y INT, pad TEXT); INSERT INTO "
            "bench.wide SELECT id, id % 97, id % 2, REPEAT('x', 1000) FROM bench.texts")
        self.boreal.sql("USE bench; CREATE MODEL tiny WITH (model_class='lightgbm', x_cols='a', "
                        "y_cols='y', model_parameter=(n_estimators=1)) AS "
                        "(SELECT a, y FROM wide LIMIT 1000)")
        self.wait_for("SHOW MODEL tiny", "saved")
        task = self.boreal.sql("USE bench; SELECT id, pad FROM PREDICT(MODEL tiny, "
                               "SELECT * FROM wide) WITH (x_cols='a', mode='async')").strip()
        shown = self.wait_for("SHOW TASK `%s`" % task, "finish")
        url = re.search(r"http://\S+", shown).group(0)
        whole = os.path.join(self.scratch, "whole.csv")
        subprocess.run(["curl", "-sSf", "-o", whole, url], check=True)
        size = os.path.getsize(whole)
        part = subprocess.run(["curl", "-sSf", "-r", "%d-%d" % (size // 2, size // 2 + 99), url],
                              stdout=subprocess.PIPE, check=True).stdout
        with open(whole, "rb") as file:
            file.seek(size // 2)
            if part != file.read(100):
                sys.exit("bench: a part of the file is not what stands there")
        sender = FileSender(whole)
        resident = self.boreal.settled_mib()
        rates = []
        for pair in range(self.options.pairs + 1):
            times = []
            for address in (url, "http://127.0.0.1:%d/" % sender.port):
                begun = time.monotonic()
                subprocess.run(["curl", "-sSf", "-o", "/dev/null", address], check=True)
                times.append(size / (time.monotonic() - begun) / 1e6)
            if pair:
                rates.append(times)
        ratios = [ours / theirs for ours, theirs in rates]
        print("| download of %.2f GB beside sendfile, MB a second | %.0f | %.0f | %.2f "
              "(%.2f-%.2f) |" % (size / 1e9, statistics.median(ours for ours, _ in rates),
                                 statistics.median(theirs for _, theirs in rates),
                                 statistics.median(ratios), min(ratios), max(ratios)))
        print("| the same: memory grown, MiB | %.0f | | |"
              % (self.boreal.settled_mib() - resident), flush=True)

    def wait_for(self, sql, word):
        """What a statement answers once a word stands in it."""
        for _ in range(3_000):
            answer = self.boreal.sql(sql)
            if word in answer:
                return answer
            if "fail" in answer:
                break
            time.sleep(0.1)
        sys.exit("bench: %s: %s" % (sql, answer))

    def run(self, wanted):
        self.prepare()
        print("| | Boreal | wrk or bound | ratio |\n| --- | --- | --- | --- |", flush=True)
        for step in (self.rate, self.flight, self.latency, self.passage, self.litellm, self.nginx,
                     self.predict, self.embed, self.memory, self.artifact):
            if not wanted or step.__name__ in wanted:
                step()

    def stop(self):
        self.boreal.stop()
        self.service.stop()


def main():
    parser = arguments(__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--litellm", default="", help="LiteLLM's proxy, for the step of its name")
    parser.add_argument("--light", action="store_true", help="a service that takes no processor")
    parser.add_argument("--apart", action="store_true", help="the service has a core for itself")
    options = parser.parse_args()
    for program in ["wrk", "cc", "curl", "mariadb"] + ["nginx"] * options.light:
        if not shutil.which(program):
            sys.exit("bench: %s is not installed" % program)
    with tempfile.TemporaryDirectory(dir=options.scratch) as scratch:
        bench = Bench(options, scratch)
        try:
            bench.run([name for name in options.only.split(",") if name])
        finally:
            bench.stop()


if __name__ == "__main__":
    main()
