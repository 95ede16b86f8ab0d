#!/usr/bin/env python3
"""Writes a full-size look-alike of the airlines delay table, the same bytes every time.

usage: make_airlines.py OUT_DIR [ROWS] [SEED]        (defaults: 539383 rows, seed 1169)

Writes OUT_DIR/airlines_train.csv and OUT_DIR/airlines_test.csv (8 columns, header); every 5th row
is test. Schedules are drawn with replacement from the real sample in Fixtures/data, with time and
length jittered; invented airport codes (Q..) bring the origins to the 293 of the full table. The
label is a coin whose odds come from effects measured on the sample, damped by SLOPE; the accuracy
that no model can exceed is printed. Accuracy on this table says nothing about real flights. Needs
the standard library only.
"""
import csv
import gzip
import math
import os
import random
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SAMPLES = os.path.join(HERE, "..", "..", "..", "Fixtures", "data")
COLUMNS = ["Airline", "Flight", "AirportFrom", "AirportTo", "DayOfWeek", "Time", "Length", "Delay"]
SLOPE = 0.87
ORIGINS = 293

# What a row is grouped by, how many rows of the average are mixed into a group, and the weight.
EFFECTS = [
    (lambda row: (row[0], row[5] // 240), 20, 0.9),
    (lambda row: row[5] // 60, 30, 0.6),
    (lambda row: (row[2], row[5] // 480), 20, 0.6),
    (lambda row: row[3], 20, 0.5),
    (lambda row: (row[4], row[0]), 30, 0.5),
    (lambda row: row[6] // 45, 30, 0.4),
]


def read_sample():
    """The rows of both parts of the sample, numbers as numbers."""
    rows = []
    for part in ("train", "test"):
        with gzip.open(os.path.join(SAMPLES, "airlines_sample_%s.csv.gz" % part), "rt") as file:
            for a, flight, origin, to, day, time, length, label in list(csv.reader(file))[1:]:
                numbers = (int(day), int(time), int(length), int(label))
                rows.append((a, int(flight), origin, to) + numbers)
    return rows


def measure(rows, key, prior):
    """The log odds of each group beside those of all rows, and the latter."""
    base = sum(row[7] for row in rows) / len(rows)
    bias = math.log(base / (1 - base))
    groups = {}
    for row in rows:
        count, positive = groups.get(key(row), (0, 0))
        groups[key(row)] = (count + 1, positive + row[7])
    effects = {}
    for group, (count, positive) in groups.items():
        p = (positive + prior * base) / (count + prior)
        effects[group] = math.log(p / (1 - p)) - bias
    return effects, bias


def invented_codes(rows):
    """Airport codes that the sample does not have."""
    known = {row[2] for row in rows}
    letters = "ABCDEFG"
    codes = ["Q%s%s" % (x, y) for x in letters for y in letters]
    return [code for code in codes if code not in known][: max(0, ORIGINS - len(known))]


def main(folder, row_count=539383, seed=1169):
    rows = read_sample()
    draw = random.Random(seed)
    bias = 0.0
    effects = []
    for key, prior, weight in EFFECTS:
        effect, bias = measure(rows, key, prior)
        effects.append((key, effect, weight))
    rare = invented_codes(rows)
    os.makedirs(folder, exist_ok=True)
    best = 0
    with open(os.path.join(folder, "airlines_train.csv"), "w") as train, \
            open(os.path.join(folder, "airlines_test.csv"), "w") as test:
        for file in (train, test):
            file.write(",".join(COLUMNS) + "\n")
        for i in range(row_count):
            airline, flight, origin, to, day, time, length, _ = rows[draw.randrange(len(rows))]
            u = draw.random()
            if u < 0.5:
                time = max(10, min(1439, time + 5 * draw.randrange(-3, 4)))
            if u < 0.3:
                length = max(23, length + draw.randrange(-4, 5))
            if u < 0.002:
                origin = rare[draw.randrange(len(rare))]
            elif u > 0.998:
                to = rare[draw.randrange(len(rare))]
            row = (airline, flight, origin, to, day, time, length)
            z = bias
            for key, effect, weight in effects:
                z += SLOPE * weight * effect.get(key(row), 0.0)
            p = 1 / (1 + math.exp(-z))
            best += max(p, 1 - p)
            label = 1 if draw.random() < p else 0
            file = test if i % 5 == 0 else train
            file.write("%s,%d,%s,%s,%d,%d,%d,%d\n" % (row + (label,)))
    print("rows", row_count, "best possible accuracy %.4f" % (best / row_count))


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:4]))
