"""One fit of a library in a process of its own; prints one JSON object.

usage: python3 -m classes.train_peer '{"case": NAME, "folder": DIR, "threads": N, "scores": FILE}'

Timed is the fit, never the reading of files. The predictions on the held-out rows go to `scores`
for the judge.
"""
import json
import sys
import warnings

import numpy

from engine.clocks import Phase

import classes


def main():
    job = json.loads(sys.argv[1])
    case = classes.named(job["case"])
    table = case.table
    table.folder = job["folder"]
    x = table.features("train").astype(numpy.float64)
    y = table.labels("train").astype(numpy.float64)
    model = case.model(job["threads"])
    # That a solver stopped at its limit of iterations is judged by what it predicts.
    warnings.simplefilter("ignore")
    try:
        with Phase() as phase:
            model.fit(x, y)
    except ValueError as error:
        print(json.dumps({"skipped": str(error)}))
        return
    scores = case.predict(model, table.features("test").astype(numpy.float64))
    numpy.save(job["scores"], numpy.asarray(scores))
    print(json.dumps({"seconds": phase.seconds, "cpu_s": phase.cpu_s, "held_mib": phase.held_mib,
                      "peak_mib": phase.peak_mib}))


main()
