"""Makes a model for the measurements of prediction, in a process of its own.

usage: python3 -m engine.make_model '{"form": FORM, "out": FILE, "from": FILE, "folder": DIR,
                                      "trees": N, "threads": N, "params": {...}}'

LightGBM's model (form `txt`) is what Boreal reads, and what the forms `onnx` and `so` are
converted from; XGBoost (`ubj`) and CatBoost (`cbm`, converted to `json`) answer their own model of
equal size, learnt from the same rows.
"""
import json
import sys

import numpy

from . import datasets


def lightgbm(job, x, y):
    import lightgbm as package

    params = dict(job["params"], objective="binary", num_threads=job["threads"], verbosity=-1,
                  force_row_wise=True)
    booster = package.train(params, package.Dataset(x, y), job["trees"])
    booster.save_model(job["out"])


def xgboost(job, x, y):
    import xgboost as package

    params = job["params"]
    data = package.QuantileDMatrix(x, y, max_bin=params["max_bin"], nthread=job["threads"])
    booster = package.train({
        "objective": "binary:logistic", "tree_method": "hist", "grow_policy": "lossguide",
        "max_leaves": params["num_leaves"], "max_depth": 0, "eta": params["learning_rate"],
        "max_bin": params["max_bin"], "lambda": 0, "min_child_weight": 1e-3,
        "nthread": job["threads"], "seed": params["seed"], "verbosity": 0,
    }, data, job["trees"])
    booster.save_model(job["out"])


def catboost(job, x, y):
    import catboost as package

    model = package.CatBoost({
        "loss_function": "Logloss", "iterations": job["trees"], "depth": 8,
        "learning_rate": job["params"]["learning_rate"], "thread_count": job["threads"],
        "random_seed": job["params"]["seed"], "allow_writing_files": False,
        "logging_level": "Silent",
    })
    model.fit(package.Pool(x, y, thread_count=job["threads"]))
    model.save_model(job["out"])


def catboost_json(job, *_):
    import catboost as package

    model = package.CatBoost()
    model.load_model(job["from"])
    model.save_model(job["out"], format="json")


def onnx(job, x, _):
    import lightgbm as package
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    booster = package.Booster(model_file=job["from"])
    rows = [("x", FloatTensorType([None, x.shape[1]]))]
    model = onnxmltools.convert_lightgbm(booster, initial_types=rows, zipmap=False)
    with open(job["out"], "wb") as file:
        file.write(model.SerializeToString())


def shared_library(job, *_):
    import tl2cgen
    import treelite

    model = treelite.frontend.load_lightgbm_model(job["from"])
    tl2cgen.export_lib(model, toolchain="gcc", libpath=job["out"],
                       params={"parallel_comp": 2 * job["threads"]}, nthread=job["threads"])


FORMS = {"txt": lightgbm, "ubj": xgboost, "cbm": catboost, "json": catboost_json, "onnx": onnx,
         "so": shared_library}


def main():
    job = json.loads(sys.argv[1])
    dataset = datasets.named("dense")
    dataset.folder = job["folder"]
    # Enough rows for trees of 255 leaves; more would only make the making longer.
    x = numpy.load(dataset.path("train", "x"), mmap_mode="r")[:300_000]
    y = numpy.load(dataset.path("train", "y"), mmap_mode="r")[:300_000]
    FORMS[job["form"]](job, numpy.ascontiguousarray(x), numpy.ascontiguousarray(y))
    # Compilers and converters may have said something before.
    print("{}")


main()
