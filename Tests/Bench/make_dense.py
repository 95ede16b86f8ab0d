#!/usr/bin/env python3
"""Writes a table of 28 numbers and a label of 0 or 1, the same bytes every time.

usage: make_dense.py OUT_DIR [ROWS] [SEED]        (defaults: 200000 rows, seed 28)

Writes OUT_DIR/dense_train.csv and OUT_DIR/dense_test.csv (columns f0 ... f27 and label; as many
test rows as a fourth of ROWS). The label depends on some columns alone, on products of some and on
noise, so that more trees and more leaves keep helping. Needs numpy.
"""
import os
import sys

import numpy


def table(rng, rows):
    x = rng.standard_normal((rows, 28)).astype(numpy.float32)
    x[:, 20:] = numpy.exp(0.5 * x[:, 20:])
    z = (
        0.8 * x[:, 0]
        + 0.6 * x[:, 1] * x[:, 2]
        - 0.5 * numpy.abs(x[:, 3])
        + 0.7 * numpy.sin(2 * x[:, 4]) * (x[:, 5] > 0)
        + 0.4 * x[:, 20] * x[:, 6]
        - 0.3 * x[:, 21]
        + 0.3 * (x[:, 7] * x[:, 8] > 0.5)
    )
    label = (rng.random(rows) < 1 / (1 + numpy.exp(-z))).astype(int)
    return x, label


def main(folder, rows=200_000, seed=28):
    os.makedirs(folder, exist_ok=True)
    rng = numpy.random.default_rng(seed)
    for part, count in (("train", rows), ("test", rows // 4)):
        x, label = table(rng, count)
        with open(os.path.join(folder, "dense_%s.csv" % part), "w") as file:
            file.write(",".join("f%d" % i for i in range(28)) + ",label\n")
            for row, y in zip(x, label):
                file.write(",".join("%.6g" % value for value in row) + ",%d\n" % y)


if __name__ == "__main__":
    main(sys.argv[1], *(int(word) for word in sys.argv[2:4]))
