#!/usr/bin/env python3
"""Models of every class that goes to PMML, asked by another reader of PMML: PMML4S.

usage: pmml_evaluator.py --boreal .build/release/boreal [--only TEXT]

Trains each on a small made-up table, writes it as PMML and compares what `boreal predict` and
PMML4S (package pypmml, which needs Java) say of 400 rows of another table. A line a model: `ok name
max-error` or `FAIL name reason`, and last `N passed, N failed`. Exit code 1 when one failed.
"""
import argparse
import csv
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import venv

PACKAGE = "pypmml==1.5.8"
# Of the largest value: what adding up in another order may cost.
ERROR_MAX = 1e-12
FEATURES = ["a", "b", "c", "d"]
LABELS = ["y", "p", "k", "z"]
# The labels that are classes: three, and two.
CLASSES = ["k", "z"]

# Name, class, label, parameters.
MODELS = [
    ("lightgbm", "lightgbm", "y", {"objective": "regression"}),
    ("lightgbm-binary", "lightgbm", "z", {"objective": "binary"}),
    ("lightgbm-classes", "lightgbm", "k", {"objective": "multiclass"}),
    ("lightgbm-poisson", "lightgbm", "p", {"objective": "poisson"}),
    ("lightgbm-linear", "lightgbm", "y", {"boosting_type": "gblinear", "objective": "regression"}),
    ("gbrt", "gbrt", "y", {"n_estimators": "10"}),
    ("gbdt", "gbdt", "z", {"n_estimators": "10"}),
    ("randomforestreg", "randomforestreg", "y", {"n_estimators": "10"}),
    ("randomforestcls", "randomforestcls", "k", {"n_estimators": "10"}),
    ("linearreg", "linearreg", "y", {}),
    ("logisticreg", "logisticreg", "z", {}),
    ("logisticreg-classes", "logisticreg", "k", {}),
    ("svr-linear", "svr", "y", {"kernel": "linear"}),
    ("svr-rbf", "svr", "y", {"kernel": "rbf"}),
    ("kmeans", "kmeans", None, {"n_clusters": "4"}),
]

# What PMML4S does: it runs in an environment of its own.
EVALUATE = """
import csv, json, sys
from pypmml import Model
model = Model.load(sys.argv[1])
rows = list(csv.DictReader(open(sys.argv[2])))
asked = [[float(row[name]) for name in model.inputNames] for row in rows]
print(json.dumps({"names": list(model.outputNames), "rows": model.predict(asked)}))
"""


class Mismatch(Exception):
    """Why a model failed."""


def write_table(path, seed):
    numbers = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(FEATURES + LABELS) + "\n")
        for _ in range(400):
            x = [numbers.uniform(-3, 3) for _ in FEATURES]
            y = math.sin(x[0]) + 0.5 * x[1] + numbers.gauss(0, 0.2)
            count = int(abs(y) * 3)
            classes = 2 if x[0] + x[2] > 1.5 else 1 if x[1] > 0 else 0
            sides = 1 if x[0] + 0.3 * x[3] + numbers.gauss(0, 0.5) > 0 else 0
            file.write(",".join(map(repr, x + [y, count, classes, sides])) + "\n")


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Mismatch((done.stderr or done.stdout).strip().splitlines()[-1])
    return done.stdout


def python_with_reader():
    """The python of an environment with pypmml, made when it is not there; None without Java."""
    if not shutil.which("java"):
        return None
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = os.path.join(os.environ.get("BENCH_CACHE") or home, "boreal-pmml")
    python = os.path.join(folder, "bin", "python3")
    if not os.path.exists(python):
        venv.create(folder, with_pip=True)
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE]
    return python if subprocess.run(command).returncode == 0 else None


def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


def worst(ours, theirs):
    """The greatest difference of two columns, as a part of their largest value."""
    if len(ours) != len(theirs):
        raise Mismatch("%d rows beside %d" % (len(theirs), len(ours)))
    pairs = [(number(left), number(right)) for left, right in zip(ours, theirs)]
    for left, right in pairs:
        if isinstance(left, str) or isinstance(right, str):
            if str(left) != str(right):
                raise Mismatch("'%s' beside '%s'" % (right, left))
    numbers = [pair for pair in pairs if not isinstance(pair[0], str)]
    largest = max([1.0] + [abs(left) for left, _ in numbers])
    return max([0.0] + [abs(left - right) for left, right in numbers]) / largest


def column(answer, names):
    """The first of these columns that PMML4S gives."""
    for name in names:
        if name in answer["names"]:
            place = answer["names"].index(name)
            return [row[place] for row in answer["rows"]]
    raise Mismatch("no output %s among %s" % (names[0], answer["names"]))


def compare(boreal, python, folder, model):
    name, kind, label, parameters = model
    file = os.path.join(folder, name + ".pmml")
    command = [boreal, "train", "--class", kind, "--data", os.path.join(folder, "train.csv")]
    others = [one for one in LABELS if one != label]
    command += ["--ignore", ",".join(others), "--out", file]
    command += ["--label", label] if label else []
    for key, value in parameters.items():
        command += ["--param", "%s=%s" % (key, value)]
    run(command)
    test = os.path.join(folder, "test.csv")
    ours = list(csv.DictReader(run([boreal, "predict", "--model", file, "--data", test,
                                    "--output", "all"]).splitlines()))
    answer = json.loads(run([python, "-c", EVALUATE, file, test]))
    # A classifier gives its probabilities, all else one value.
    shares = [name for name in ours[0] if name.startswith("probability(")]
    if label in CLASSES and not shares:
        raise Mismatch("no probabilities")
    names = shares or [list(ours[0])[0]]
    return max(worst([row[name] for row in ours], column(answer, [name, "predicted_" + name]))
               for name in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boreal", default=".build/release/boreal")
    parser.add_argument("--only", default="", help="a part of the names of models")
    given = parser.parse_args()
    python = python_with_reader()
    if not python:
        sys.exit("pmml_evaluator: Java and the package pypmml are needed, so nothing was compared")
    failed = 0
    models = [model for model in MODELS if given.only in model[0]]
    with tempfile.TemporaryDirectory() as folder:
        write_table(os.path.join(folder, "train.csv"), 2)
        write_table(os.path.join(folder, "test.csv"), 3)
        for model in models:
            try:
                error = compare(given.boreal, python, folder, model)
                if not error <= ERROR_MAX:
                    raise Mismatch("differs by %.3g" % error)
                print("ok %s %.3g" % (model[0], error), flush=True)
            except Mismatch as reason:
                failed += 1
                print("FAIL %s %s" % (model[0], reason), flush=True)
    print("%d passed, %d failed" % (len(models) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
