"""Runs of one program, each in a process of its own; what they print, or why there is none."""
import json
import os
import subprocess

import numpy

from . import environment

BENCH = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
# No single run is near this, even on a slow machine.
RUN_S_MAX = 3_600


class Skipped(Exception):
    """A program cannot do what is to be measured; the text says why."""


def run(command, threads):
    """The standard output of a program that may use so many threads."""
    surroundings = dict(os.environ, OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="passive",
                        OPENBLAS_NUM_THREADS=str(threads))
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              cwd=BENCH, env=surroundings, timeout=RUN_S_MAX)
    except subprocess.TimeoutExpired:
        raise Skipped("no end within %d s" % RUN_S_MAX) from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["ended with %d" % done.returncode]
        raise Skipped(lines[-1])
    return done.stdout


class Pairs:
    """How often each comparison is made: several times with LightGBM, which the goals name."""

    def __init__(self, lightgbm, others):
        self.lightgbm, self.others = lightgbm, others

    def of(self, peer):
        return self.lightgbm if peer.startswith("LightGBM") else self.others

    def words(self, peers):
        """For the head of a table."""
        if self.lightgbm == self.others == 1:
            return "one pair each"
        if all(self.of(peer) == self.lightgbm for peer in peers):
            return "medians of %d pairs" % self.lightgbm
        return "medians of %d pairs with LightGBM, %d with others" % (self.lightgbm, self.others)


class Programs:
    """The commands of both sides."""

    def __init__(self, boreal, scratch, params):
        self.boreal, self.scratch, self.params = os.path.abspath(boreal), scratch, params
        self.python = environment.python_of(scratch)
        self.work = os.path.join(scratch, "work")
        os.makedirs(self.work, exist_ok=True)

    def module(self, name, job, threads):
        """A module of this package; one JSON object on its last line."""
        output = run([self.python, "-m", "engine." + name, json.dumps(job)], threads)
        answer = json.loads(output.strip().splitlines()[-1])
        if "skipped" in answer:
            raise Skipped(answer["skipped"])
        return answer

    # Training.

    def train_peer(self, peer, dataset, threads, rounds, layout="row"):
        scores = os.path.join(self.work, "scores.npy")
        found = self.module("train_peer", {
            "peer": peer, "dataset": dataset.name, "folder": dataset.folder, "threads": threads,
            "rounds": rounds, "params": self.params, "layout": layout, "scores": scores,
        }, threads)
        return found, numpy.load(scores)

    def train_boreal(self, dataset, threads, rounds):
        model = os.path.join(self.work, "model.txt")
        command = [self.boreal, "train", "--class", "lightgbm", "--json", "--threads", str(threads),
                   "--data", dataset.path("train"), "--label", dataset.label, "--out", model,
                   "--param", "objective=" + dataset.objective]
        for name, value in dict(self.params, n_estimators=rounds).items():
            command += ["--param", "%s=%s" % (name, value)]
        if dataset.classes > 1:
            command += ["--param", "num_class=%d" % dataset.classes]
        trained = json.loads(run(command, threads))
        found = {
            "seconds": trained["bin_s"] + trained["train_s"], "bin_s": trained["bin_s"],
            "cpu_s": trained["train_cpu_s"], "held_mib": trained["train_held_mib"],
            "peak_mib": trained["train_peak_mib"],
        }
        return found, self.boreal_values(model, dataset.path("test"))

    # Prediction.

    def boreal_values(self, model, data):
        """What `boreal predict` answers, as an array of one number or of one a class a row."""
        scores = os.path.join(self.work, "scores.csv")
        run([self.boreal, "predict", "--model", model, "--data", data, "--output", "value",
             "--out", scores, "--json"], 2)
        return numpy.loadtxt(scores, delimiter=",", skiprows=1)

    def boreal_reads(self, model):
        try:
            run([self.boreal, "inspect", model], 1)
        except Skipped:
            return False
        return True

    def bench_boreal(self, model, data, threads, rows, seconds, output="value"):
        command = [self.boreal, "bench", "--model", model, "--data", data, "--output", output,
                   "--threads", str(threads), "--rows", ",".join(map(str, rows)),
                   "--seconds", str(seconds)]
        return by_rows(json.loads(run(command, threads))["runs"])

    def bench_peer(self, peer, model, data, threads, rows, seconds, scores=None):
        return by_rows(self.module("predict_peer", {
            "peer": peer, "model": model, "x": data, "threads": threads, "rows": rows,
            "seconds": seconds, "scores": scores,
        }, threads)["runs"])

    def make_model(self, form, trees, dataset, threads, source=None, name="lightgbm"):
        """A model file that is kept; `source` is the file that it is converted from."""
        path = os.path.join(dataset.folder, "%s-%d.%s" % (name, trees, form))
        if not os.path.exists(path):
            environment.say("making %s" % os.path.basename(path))
            unfinished = os.path.join(dataset.folder, "unfinished." + form)
            self.module("make_model", {
                "form": form, "out": unfinished, "from": source, "folder": dataset.folder,
                "trees": trees, "threads": threads, "params": self.params,
            }, threads)
            os.rename(unfinished, path)
        return path

    def single_row(self):
        """`single_row.c`, compiled, and the library that it opens."""
        program = os.path.join(self.work, "single_row")
        source = os.path.join(BENCH, "engine", "single_row.c")
        try:
            run(["cc", "-O2", "-o", program, source, "-ldl"], 1)
        except FileNotFoundError:
            raise Skipped("no C compiler") from None
        import lightgbm

        folder = os.path.dirname(lightgbm.__file__)
        for path in ("lib/lib_lightgbm.so", "lib_lightgbm.so"):
            if os.path.exists(os.path.join(folder, path)):
                return program, os.path.join(folder, path)
        raise Skipped("the package holds no lib_lightgbm.so")

    def bench_single_row(self, model, x, seconds):
        program, library = self.single_row()
        rows = os.path.join(self.work, "rows.f64")
        x[:20_000].astype(numpy.float64).tofile(rows)
        found = run([program, library, model, rows, str(x.shape[1]), str(seconds)], 1)
        return by_rows([json.loads(found)])


def by_rows(runs):
    return {one["rows"]: one for one in runs}
