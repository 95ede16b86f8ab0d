#!/usr/bin/env python3
"""Training and prediction of Boreal beside the lightgbm package, in alternating runs.

usage: bench_engine.py --boreal .build/release/boreal [--rounds N] [--pairs N] [--threads 1,2]
                       [--tables dense,airlines] [--scratch DIR] [--json FILE]

Both get the same rows. Each pair is one run of either program in a process of its own, A B A B, so
that a slow moment of the machine meets both. A ratio is lightgbm's time divided by Boreal's of the
same pair: above 1 Boreal is faster. Printed are the least, the middle and the greatest ratio, and
the quality on held-out rows, which must agree for the times to mean anything.
"""
import argparse
import csv
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import venv

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.normpath(os.path.join(HERE, "..", ".."))
PACKAGES = ["lightgbm==4.7.0", "numpy", "pandas"]

# Equal parameters, under the names of either side.
SHARED = {
    "learning_rate": 0.1,
    "num_leaves": 255,
    "max_bin": 255,
    "min_data_in_leaf": 20,
    "max_depth": -1,
    "seed": 1,
}
TABLES = {
    "dense": {"label": "label", "title": "200,000 x 28 numbers"},
    "airlines": {"label": "Delay", "title": "431,506 x 7, three of them text"},
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(command, **options):
    """The standard output of a program; its errors end this one."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, **options)
    if done.returncode != 0:
        sys.exit("bench_engine: '%s' ended with %d" % (" ".join(command[:3]), done.returncode))
    return done.stdout


def python_with_lightgbm(scratch):
    """A python that has the package: this one, or one in a virtual environment made for it."""
    modules = "import lightgbm, numpy, pandas"
    for python in (sys.executable, os.path.join(scratch, "venv", "bin", "python3")):
        if os.path.exists(python) and not subprocess.run(
            [python, "-c", modules], stderr=subprocess.DEVNULL
        ).returncode:
            return python
    say("installing %s" % " ".join(PACKAGES))
    venv.create(os.path.join(scratch, "venv"), with_pip=True)
    python = os.path.join(scratch, "venv", "bin", "python3")
    run([python, "-m", "pip", "install", "--quiet"] + PACKAGES)
    return python


def make_tables(names, scratch, python):
    for name in names:
        if not os.path.exists(os.path.join(scratch, name + ".done")):
            say("making the table '%s'" % name)
            run([python, os.path.join(HERE, "make_%s.py" % name), scratch])
            open(os.path.join(scratch, name + ".done"), "w").close()


def scores_path(scratch, name, side):
    return os.path.join(scratch, "scores_%s_%s.csv" % (name, side))


def read_column(path, column):
    """The numbers of one column of a CSV file with a header."""
    with open(path) as file:
        rows = csv.reader(file)
        header = next(rows)
        place = header.index(column) if column else -1
        return [float(row[place]) for row in rows]


def quality(labels, scores):
    """Metrics of predicted probabilities; equal scores count half in the AUC."""
    rank_sum = 0.0
    order = sorted(zip(scores, labels))
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and order[end][0] == order[start][0]:
            end += 1
        rank_sum += (start + end + 1) / 2 * sum(label for _, label in order[start:end])
        start = end
    positives = sum(labels)
    negatives = len(labels) - positives
    loss = 0.0
    for score, label in zip(scores, labels):
        p = min(max(score, 1e-15), 1 - 1e-15)
        loss -= math.log(p if label == 1 else 1 - p)
    right = sum((score > 0.5) == (label == 1) for score, label in zip(scores, labels))
    return {
        "auc": (rank_sum - positives * (positives + 1) / 2) / (positives * negatives),
        "acc": right / len(labels),
        "logloss": loss / len(labels),
    }


def run_lightgbm(python, scratch, name, threads, rounds):
    params = dict(SHARED, objective="binary", num_threads=threads, verbosity=-1)
    job = {
        "train": os.path.join(scratch, name + "_train.csv"),
        "test": os.path.join(scratch, name + "_test.csv"),
        "label": TABLES[name]["label"],
        "params": params,
        "rounds": rounds,
        "scores": scores_path(scratch, name, "lightgbm"),
    }
    return json.loads(run([python, os.path.join(HERE, "lightgbm_run.py"), json.dumps(job)]))


def run_boreal(boreal, scratch, name, threads, rounds):
    model = os.path.join(scratch, "boreal_%s.txt" % name)
    test = os.path.join(scratch, name + "_test.csv")
    label = TABLES[name]["label"]
    command = [boreal, "train", "--class", "lightgbm", "--json", "--label", label, "--out", model]
    command += ["--data", os.path.join(scratch, name + "_train.csv")]
    command += ["--threads", str(threads), "--param", "n_estimators=%d" % rounds]
    for key, value in SHARED.items():
        command += ["--param", "%s=%s" % (key, value)]
    trained = json.loads(run(command))
    command = [boreal, "predict", "--model", model, "--data", test, "--threads", str(threads)]
    command += ["--output", "value", "--out", scores_path(scratch, name, "boreal"), "--json"]
    predicted = json.loads(run(command))
    return dict(trained, predict_s=predicted["predict_s"])


def spread(values):
    return min(values), statistics.median(values), max(values)


def compare(name, threads, pairs, measure, scratch):
    """Runs the pairs of one table and thread count; the ratios and the quality of either side."""
    runs = {"boreal": [], "lightgbm": []}
    for pair in range(pairs):
        for side in ("lightgbm", "boreal"):
            say("%s, %d thread(s), pair %d of %d: %s" % (name, threads, pair + 1, pairs, side))
            runs[side].append(measure[side](name, threads))
    both = list(zip(runs["lightgbm"], runs["boreal"]))

    def ratio(*keys):
        return spread([sum(a[k] for k in keys) / sum(b[k] for k in keys) for a, b in both])

    def middle(side, *keys):
        return statistics.median(sum(one[k] for k in keys) for one in runs[side])

    rows = []
    phases = {
        "load": ("load_s",),
        "bin": ("bin_s",),
        "train": ("train_s",),
        "bin + train": ("bin_s", "train_s"),
        "predict": ("predict_s",),
    }
    for title, keys in phases.items():
        seconds = middle("lightgbm", *keys), middle("boreal", *keys)
        rows.append({"phase": title, "seconds": seconds, "ratio": ratio(*keys)})
    labels = read_column(os.path.join(scratch, name + "_test.csv"), TABLES[name]["label"])
    found = {
        side: quality(labels, read_column(scores_path(scratch, name, side), None)) for side in runs
    }
    memory = {side: max(one["peak_rss_mib"] for one in runs[side]) for side in runs}
    return {
        "table": name, "threads": threads, "rows": rows, "quality": found, "peak_rss_mib": memory,
        "runs": runs,
    }


def show(result, rounds):
    title = TABLES[result["table"]]["title"]
    print("\n%s (%s), %d trees, %d thread(s)" % (result["table"], title, rounds, result["threads"]))
    print("  %-12s %10s %10s    %s" % ("", "lightgbm", "boreal", "ratio min / median / max"))
    for row in result["rows"]:
        seconds = "%8.3f s %8.3f s" % row["seconds"]
        print("  %-12s %s    %.2f / %.2f / %.2f" % ((row["phase"], seconds) + row["ratio"]))
    memory = result["peak_rss_mib"]
    print("  %-12s %6.0f MiB %6.0f MiB" % ("peak memory", memory["lightgbm"], memory["boreal"]))
    for metric in ("auc", "acc", "logloss"):
        theirs, ours = (result["quality"][side][metric] for side in ("lightgbm", "boreal"))
        print("  %-12s %10.5f %10.5f    difference %+.5f" % (metric, theirs, ours, ours - theirs))


def machine():
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            names = (line.split(":")[1].strip() for line in file if line.startswith("model name"))
            model = next(names)
    except (OSError, StopIteration):
        pass
    return "%s, %d cores, %s" % (model, os.cpu_count(), platform.platform())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boreal", default=os.path.join(ROOT, ".build", "release", "boreal"))
    parser.add_argument("--scratch", default=os.path.join(ROOT, ".build", "bench"))
    parser.add_argument("--rounds", type=int, default=100, help="trees")
    parser.add_argument("--pairs", type=int, default=3, help="runs of either side")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--tables", default="dense,airlines")
    parser.add_argument("--json", help="also write every run there")
    arguments = parser.parse_args()
    boreal = shutil.which(arguments.boreal) or shutil.which("boreal")
    if boreal is None:
        sys.exit("bench_engine: no program '%s'; run 'make build'" % arguments.boreal)
    names = arguments.tables.split(",")
    if not set(names) <= set(TABLES):
        sys.exit("bench_engine: the tables are %s" % ", ".join(TABLES))
    scratch, rounds = arguments.scratch, arguments.rounds
    os.makedirs(scratch, exist_ok=True)
    python = python_with_lightgbm(scratch)
    make_tables(names, scratch, python)
    measure = {
        "lightgbm": lambda name, threads: run_lightgbm(python, scratch, name, threads, rounds),
        "boreal": lambda name, threads: run_boreal(boreal, scratch, name, threads, rounds),
    }
    print(machine())
    results = []
    for name in names:
        for threads in map(int, arguments.threads.split(",")):
            results.append(compare(name, threads, arguments.pairs, measure, scratch))
            show(results[-1], rounds)
    if arguments.json:
        with open(arguments.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
