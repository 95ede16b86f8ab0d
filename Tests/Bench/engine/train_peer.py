"""One training of another program in a process of its own; prints one JSON object.

usage: python3 -m engine.train_peer '{"peer": NAME, "dataset": NAME, "folder": DIR, "threads": N,
                                      "rounds": N, "params": {...}, "layout": row|col,
                                      "scores": FILE}'

Timed are binning and training, never the reading of files: what `boreal train` reports as `bin_s`
and `train_s`. Where a package bins inside its training, that is all one figure. The predictions on
the held-out rows go to `scores` for the judge.
"""
import json
import sys

import numpy

from . import datasets
from .clocks import Phase


def lightgbm(job, dataset, x, y):
    import lightgbm as package

    params = dict(job["params"], objective=dataset.objective, num_threads=job["threads"],
                  verbosity=-1)
    params["force_%s_wise" % job["layout"]] = True
    if dataset.classes > 1:
        params["num_class"] = dataset.classes
    with Phase() as phase:
        with Phase() as binning:
            data = package.Dataset(x, y, group=dataset.queries("train"), params=params,
                                   categorical_feature=list(dataset.categories)).construct()
        booster = package.train(params, data, job["rounds"])
    phase.bin_s = binning.seconds
    return phase, booster.predict


def xgboost(job, dataset, x, y):
    import xgboost as package

    params = job["params"]
    objective = {"binary": "binary:logistic", "regression": "reg:squarederror",
                 "multiclass": "multi:softprob", "lambdarank": "rank:ndcg"}[dataset.objective]
    own = {
        "objective": objective, "tree_method": "hist", "grow_policy": "lossguide",
        "max_leaves": params["num_leaves"], "max_depth": 0, "eta": params["learning_rate"],
        "max_bin": params["max_bin"], "lambda": 0, "min_child_weight": 1e-3,
        "nthread": job["threads"], "seed": params["seed"], "verbosity": 0,
    }
    if dataset.classes > 1:
        own["num_class"] = dataset.classes
    kinds = None
    if dataset.categories:
        kinds = ["c" if column in dataset.categories else "q" for column in range(x.shape[1])]
    more = {"feature_types": kinds, "enable_categorical": bool(kinds), "nthread": job["threads"]}
    with Phase() as phase:
        data = package.QuantileDMatrix(x, y, max_bin=params["max_bin"],
                                       group=dataset.queries("train"), **more)
        booster = package.train(own, data, job["rounds"])
    return phase, lambda rows: booster.predict(package.DMatrix(rows, **more))


def catboost_rows(dataset, x):
    """CatBoost takes categories as whole numbers only, so such a table becomes one of columns."""
    if not dataset.categories:
        return x
    import pandas

    frame = pandas.DataFrame(x)
    for column in dataset.categories:
        frame[column] = frame[column].fillna(-1).astype(int)
    return frame


def catboost(job, dataset, x, y):
    import catboost as package

    params = job["params"]
    loss = {"binary": "Logloss", "regression": "RMSE", "multiclass": "MultiClass",
            "lambdarank": "YetiRank"}[dataset.objective]
    # Its own trees: symmetric, 8 tests deep, so 256 leaves.
    model = package.CatBoost({
        "loss_function": loss, "iterations": job["rounds"], "depth": 8,
        "learning_rate": params["learning_rate"], "border_count": params["max_bin"] - 1,
        "random_seed": params["seed"], "thread_count": job["threads"],
        "allow_writing_files": False, "logging_level": "Silent",
    })
    groups = dataset.queries("train")
    if groups is not None:
        groups = numpy.repeat(numpy.arange(len(groups)), groups)

    def pool(rows, **more):
        return package.Pool(catboost_rows(dataset, rows), cat_features=list(dataset.categories),
                            thread_count=job["threads"], **more)

    data = pool(x, label=y, group_id=groups)
    with Phase() as phase:
        model.fit(data)
    kind = "RawFormulaVal" if dataset.objective in ("regression", "lambdarank") else "Probability"

    def predict(rows):
        values = model.predict(pool(rows), prediction_type=kind)
        return values[:, 1] if dataset.objective == "binary" else values

    return phase, predict


def sklearn(job, dataset, x, y):
    from sklearn import ensemble

    if dataset.objective == "lambdarank":
        raise ValueError("scikit-learn does not rank")
    if dataset.is_sparse:
        raise ValueError("scikit-learn's HistGradientBoosting takes no sparse table")
    params = job["params"]
    # It takes no column of more categories than bins; such ones are numbers to it.
    bins = params["max_bin"]
    few = [column for column in dataset.categories
           if numpy.unique(x[:, column]).size <= bins]
    kind = (ensemble.HistGradientBoostingRegressor if dataset.objective == "regression"
            else ensemble.HistGradientBoostingClassifier)
    model = kind(learning_rate=params["learning_rate"], max_iter=job["rounds"],
                 max_leaf_nodes=params["num_leaves"], max_bins=bins, max_depth=None,
                 min_samples_leaf=params["min_data_in_leaf"], l2_regularization=0.0,
                 early_stopping=False, categorical_features=few or None,
                 random_state=params["seed"])
    with Phase() as phase:
        model.fit(x, y)
    if dataset.objective == "regression":
        return phase, model.predict

    def predict(rows):
        values = model.predict_proba(rows)
        return values[:, 1] if dataset.objective == "binary" else values

    return phase, predict


PEERS = {"LightGBM": lightgbm, "XGBoost": xgboost, "CatBoost": catboost, "scikit-learn": sklearn}


def main():
    job = json.loads(sys.argv[1])
    dataset = datasets.named(job["dataset"])
    dataset.folder = job["folder"]
    x, y = dataset.features("train"), dataset.labels("train")
    try:
        phase, predict = PEERS[job["peer"]](job, dataset, x, y)
    except ValueError as error:
        print(json.dumps({"skipped": str(error)}))
        return
    numpy.save(job["scores"], numpy.asarray(predict(dataset.features("test"))))
    print(json.dumps({
        "seconds": phase.seconds, "bin_s": getattr(phase, "bin_s", None), "cpu_s": phase.cpu_s,
        "held_mib": phase.held_mib, "peak_mib": phase.peak_mib,
    }))


main()
