#!/usr/bin/env python3
"""Runs models of other libraries through `boreal predict` and compares with what these libraries
said.

usage: zoo.py --boreal .build/release/boreal [--only TEXT,TEXT] [--verbose] FOLDER [FOLDER ...]

Each folder holds folders of one model: manifest.json, the model's file, rows.csv, expected.csv and
perhaps leaves.csv and contrib.csv. A line a model: `ok name max-error`, perhaps with what was left
out, or `FAIL name reason`; then totals by format and, last, `N passed, N failed`. Exit code 1 when
one failed.
"""
import argparse
import csv
import io
import json
import math
import os
import struct
import subprocess
import sys

# What the manifests call the outputs, and what `boreal predict --output` calls them. All others
# are looked for by name among `all`.
ROLES = {
    "pred": "value", "class": "label", "proba": "proba", "raw": "raw", "margin": "raw",
    "decision": "raw",
}
# Formats whose files name their outputs.
NAMED = ("onnx", "pmml", "torch", "safetensors", "tf-", "keras")
SECONDS_MAX = 60
# Files whose answers are not to be met, and why.
LEFT_OUT = {
    ("cat128-cbm-depthwise-reg", "contrib"):
        "CatBoost's own do not add up to its raw scores: of trees whose sides differ it counts a "
        "leaf beside a split as if the split were not there",
}


class Mismatch(Exception):
    """Why a model failed."""


class Table:
    """A CSV file with a header; columns are found by name."""

    def __init__(self, text):
        lines = list(csv.reader(io.StringIO(text)))
        self.header = lines[0] if lines else []
        self.rows = lines[1:]

    def columns(self, names):
        places = [self.header.index(name) for name in names]
        return [[row[place] for place in places] for row in self.rows]


class Model:
    """One folder of the zoo."""

    def __init__(self, folder, boreal):
        self.folder = folder
        self.boreal = boreal
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
            self.manifest = json.load(file)
        self.answers = {}
        self.worst = 0.0
        self.notes = []

    @property
    def format(self):
        return self.manifest["format"]

    def read(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8", newline="") as file:
            return Table(file.read())

    def predict(self, output):
        """What Boreal says, as a table."""
        if output not in self.answers:
            command = [self.boreal, "predict", "--model", self.folder, "--output", output,
                       "--data", os.path.join(self.folder, "rows.csv")]
            architecture = self.manifest.get("architecture")
            if architecture:
                command += ["--architecture", json.dumps(architecture)]
            try:
                run = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX)
            except subprocess.TimeoutExpired:
                raise Mismatch("no answer within %d s" % SECONDS_MAX) from None
            if run.returncode != 0:
                raise Mismatch("%s: %s" % (output, (run.stderr.strip().splitlines() or ["?"])[-1]))
            self.answers[output] = Table(run.stdout)
        return self.answers[output]

    def check(self):
        """Compares everything that the manifest names; raises `Mismatch`."""
        expected = self.read("expected.csv")
        isNamed = self.format.startswith(NAMED)
        refused = self.refused(expected)
        tolerance = self.manifest["tolerance"]
        for output in self.manifest["outputs"]:
            columns = [name for name in output["columns"] if name is not None]
            if not columns or (output["name"] or "").startswith("source_"):
                continue
            wanted = expected.columns(columns)
            kind = str(output.get("dtype"))
            isExact = not kind.startswith("float")
            role = None if isNamed else ROLES.get(output["name"])
            if role is None:
                answer = self.predict("all")
                missing = [name for name in columns if name not in answer.header]
                if missing:
                    raise Mismatch("no output '%s', only %s" % (
                        missing[0], ", ".join(answer.header[:12])))
                got = answer.columns(columns)
            elif output["name"] == "pred" and self.hasNoClasses():
                got = [[str(row.index(max(row, key=number)))] for row in self.predict("proba").rows]
            else:
                got = self.predict(role).rows
            skipped = set() if output["name"] == "row_error" else refused
            if kind == "float32":
                got, wanted = single(got), single(wanted)
            self.compare(output["name"], got, wanted, tolerance, isExact, skipped)
        extra = self.manifest.get("extra_tolerance", tolerance)
        files = ("leaves.csv", "leaf", True), ("contrib.csv", "contrib", False)
        for name, role, isExact in files:
            table = self.read(name)
            reason = LEFT_OUT.get((os.path.basename(self.folder), role))
            if reason:
                self.notes.append("; %s not compared: %s" % (role, reason))
            elif table is not None:
                self.compare(role, self.predict(role).rows, table.rows, extra, isExact, set())

    def hasNoClasses(self):
        """True for the text of a classifier's booster: what the wrapper added is not in it."""
        return self.format == "lightgbm-text" and self.manifest["task"].endswith("Classifier")

    @staticmethod
    def refused(expected):
        """Rows that the oracle did not answer."""
        if "row_error" not in expected.header:
            return set()
        flags = expected.columns(["row_error"])
        return {row for row, (flag,) in enumerate(flags) if flag == "1"}

    def compare(self, name, got, wanted, tolerance, isExact, skipped):
        if len(got) != len(wanted):
            raise Mismatch("%s: %d rows, not %d" % (name, len(got), len(wanted)))
        for row, (ours, theirs) in enumerate(zip(got, wanted)):
            if row in skipped:
                continue
            if len(ours) != len(theirs):
                raise Mismatch("%s: %d columns, not %d" % (name, len(ours), len(theirs)))
            for column, (a, b) in enumerate(zip(ours, theirs)):
                error = self.error(a, b, tolerance, isExact)
                if error is None:
                    raise Mismatch("%s, row %d, column %d: %s, not %s" % (
                        name, row + 1, column + 1, a or "nothing", b or "nothing"))
                self.worst = max(self.worst, error)

    @staticmethod
    def error(ours, theirs, tolerance, isExact):
        """The difference of two cells, or None when it is too great."""
        if ours == theirs:
            return 0.0
        try:
            a, b = number(ours), number(theirs)
        except ValueError:
            return None
        if a == b or math.isnan(a) and math.isnan(b):
            return 0.0
        if isExact or math.isnan(a) or math.isnan(b) or math.isinf(a) or math.isinf(b):
            return None
        error = abs(a - b)
        return error if error <= tolerance["abs"] + tolerance["rel"] * abs(b) else None


def single(rows):
    """Cells as the 32-bit numbers that they stand for, however many digits they were given."""
    def cell(text):
        value = number(text)
        if math.isnan(value) or math.isinf(value):
            return text
        try:
            return repr(struct.unpack("f", struct.pack("f", value))[0])
        except OverflowError:
            return text
    return [[cell(text) for text in row] for row in rows]


def number(text):
    return math.nan if text == "" else float(text)


def models(folders, only):
    """Folders with a manifest of a model, by name."""
    found = []
    for root in folders:
        for name in sorted(os.listdir(root)):
            folder = os.path.join(root, name)
            manifest = os.path.join(folder, "manifest.json")
            if name == "hostile" or not os.path.exists(manifest):
                continue
            if not only or any(word in name for word in only):
                found.append((name, folder))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boreal", default=".build/release/boreal")
    parser.add_argument("--only", default="", help="parts of names")
    parser.add_argument("folders", nargs="+")
    options = parser.parse_args()
    only = [word for word in options.only.split(",") if word]
    totals = {}
    for name, folder in models(options.folders, only):
        model = Model(folder, options.boreal)
        passed, failed = totals.get(model.format, (0, 0))
        try:
            model.check()
            print("ok   %s %.3g%s" % (name, model.worst, "".join(model.notes)), flush=True)
            totals[model.format] = passed + 1, failed
        except (Mismatch, KeyError, ValueError) as reason:
            print("FAIL %s %s" % (name, reason), flush=True)
            totals[model.format] = passed, failed + 1
    print()
    for form, (passed, failed) in sorted(totals.items()):
        print("%-22s %3d passed, %3d failed" % (form, passed, failed))
    passed = sum(pair[0] for pair in totals.values())
    failed = sum(pair[1] for pair in totals.values())
    print("%d passed, %d failed" % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
