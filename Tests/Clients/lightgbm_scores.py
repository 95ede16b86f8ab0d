"""Scores our artifacts with the lightgbm package and compares every double with what we printed.

Usage: lightgbm_scores.py FOLDER DATA.csv RAW.csv
FOLDER holds m.txt (LightGBM text) and m.pkl (pickle of a Booster); RAW.csv holds our raw scores.
"""

import csv
import sys

import joblib
import lightgbm
import numpy

folder, data, raw = sys.argv[1:4]
with open(data, newline="") as file:
    rows = list(csv.DictReader(file))
with open(raw, newline="") as file:
    ours = [float(row["raw"]) for row in csv.DictReader(file)]

for name, booster in (
    ("m.txt", lightgbm.Booster(model_file=folder + "/m.txt")),
    ("m.pkl", joblib.load(folder + "/m.pkl")),
):
    features = booster.feature_name()
    categories = iter(booster.pandas_categorical or [])
    matrix = numpy.empty((len(rows), len(features)))
    for column, feature in enumerate(features):
        cells = [row[feature] for row in rows]
        try:
            matrix[:, column] = [float(cell) if cell else numpy.nan for cell in cells]
        except ValueError:
            codes = {value: code for code, value in enumerate(next(categories))}
            matrix[:, column] = [codes.get(cell, numpy.nan) for cell in cells]
    theirs = booster.predict(matrix, raw_score=True)
    different = [i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b]
    if len(ours) != len(theirs) or different:
        print(f"{name}: {len(different)} of {len(theirs)} scores differ, first {different[:3]}")
        sys.exit(1)
    print(f"{name}: {len(theirs)} scores equal")
