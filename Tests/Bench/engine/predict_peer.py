"""The speed of another library's predictions in a process of its own; prints one JSON object.

usage: python3 -m engine.predict_peer '{"peer": NAME, "model": FILE, "x": FILE.npy, "threads": N,
                                        "rows": [N, ...], "seconds": S, "scores": FILE or null}'

Every library gets 32-bit floats, row-major, in the form that it takes without a copy where it has
one; whatever conversion a caller can do once lies outside the clock. Calls go through the package's
own Python interface, as its users' do; `single_row.c` measures LightGBM without Python.
"""
import json
import sys

import numpy

from .clocks import rates, status_mib

# Slices of the table that calls go through in turn.
INPUTS_MAX = 64


def lightgbm(job, contributions=False):
    import lightgbm as package

    booster = package.Booster(model_file=job["model"])

    def call(rows):
        return booster.predict(rows, num_threads=job["threads"], pred_contrib=contributions)

    return call, None


def lightgbm_contrib(job):
    return lightgbm(job, contributions=True)


def xgboost(job):
    import xgboost as package

    booster = package.Booster(model_file=job["model"])
    booster.set_param({"nthread": job["threads"]})
    return booster.inplace_predict, None


def onnxruntime(job):
    import onnxruntime as package

    options = package.SessionOptions()
    options.intra_op_num_threads = job["threads"]
    options.inter_op_num_threads = 1
    session = package.InferenceSession(job["model"], options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name
    target = session.get_outputs()[-1].name
    return lambda rows: session.run([target], {source: rows})[0][:, 1], None


def treelite(job):
    import treelite as package

    model = package.frontend.load_lightgbm_model(job["model"])
    return lambda rows: package.gtil.predict(model, rows, nthread=job["threads"]), None


def tl2cgen(job):
    import tl2cgen as package

    predictor = package.Predictor(job["model"], nthread=job["threads"])
    # A model of LightGBM holds 64-bit thresholds, and the library wants rows of the same type.
    return predictor.predict, lambda rows: package.DMatrix(rows.astype(numpy.float64))


def catboost(job):
    import catboost as package

    model = package.CatBoost()
    model.load_model(job["model"])

    def call(rows):
        return model.predict(rows, prediction_type="Probability", thread_count=job["threads"])[:, 1]

    return call, lambda rows: package.Pool(rows, thread_count=job["threads"])


PEERS = {
    "LightGBM": lightgbm, "LightGBM contrib": lightgbm_contrib, "XGBoost": xgboost,
    "ONNX Runtime": onnxruntime, "treelite": treelite, "tl2cgen": tl2cgen, "CatBoost": catboost,
}


def main():
    job = json.loads(sys.argv[1])
    x = numpy.load(job["x"])
    call, convert = PEERS[job["peer"]](job)
    runs = []
    for rows in sorted({min(rows, len(x)) for rows in job["rows"]}):
        starts = range(0, len(x) - rows + 1, rows)[:INPUTS_MAX]
        inputs = [x[start:start + rows] for start in starts]
        if convert:
            inputs = [convert(one) for one in inputs]
        runs.append(rates(call, inputs, rows, job["seconds"]))
    if job.get("scores"):
        numpy.save(job["scores"], numpy.asarray(call(convert(x) if convert else x)).ravel())
    print(json.dumps({"runs": runs, "peak_mib": status_mib("VmHWM")}))


main()
