#!/usr/bin/env python3
"""One training and prediction of the lightgbm package in a process of its own.

usage: lightgbm_run.py '{"train": FILE, "test": FILE, "label": COLUMN, "params": {...},
                         "rounds": N, "scores": FILE}'

Writes the scores of the test rows, then prints one JSON object: load_s, bin_s, train_s, predict_s
(seconds of wall time), train_cpu_s (seconds of all threads), peak_rss_mib. Text columns are
categories, as in Boreal.
"""
import json
import resource
import sys
import time

import lightgbm
import numpy
import pandas

job = json.loads(sys.argv[1])


def clocks():
    return time.perf_counter(), time.process_time()


start, _ = clocks()
train = pandas.read_csv(job["train"], keep_default_na=False)
test = pandas.read_csv(job["test"], keep_default_na=False)
for name in train.columns:
    if not pandas.api.types.is_numeric_dtype(train[name]):
        kind = pandas.CategoricalDtype(sorted(train[name].unique()))
        train[name] = train[name].astype(kind)
        test[name] = test[name].astype(kind)
label = train.pop(job["label"])
test.pop(job["label"])
loaded, loaded_cpu = clocks()
data = lightgbm.Dataset(train, label, params=job["params"]).construct()
binned, binned_cpu = clocks()
booster = lightgbm.train(job["params"], data, job["rounds"])
trained, trained_cpu = clocks()
score = booster.predict(test, num_threads=job["params"]["num_threads"])
predicted, _ = clocks()
numpy.savetxt(job["scores"], score, header="score", comments="")
print(
    json.dumps(
        {
            "load_s": loaded - start,
            "bin_s": binned - loaded,
            "train_s": trained - binned,
            "predict_s": predicted - trained,
            "train_cpu_s": trained_cpu - binned_cpu,
            "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
