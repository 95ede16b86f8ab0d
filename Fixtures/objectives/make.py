"""Writes expectations.json: what LightGBM computes for each objective and metric on a small table.

Run with the lightgbm package (4.7.0 made the file here): python make.py > expectations.json

For every case LightGBM grows one round of trees from given scores with a learning rate of 1. The
sums of gradients and hessians of a leaf follow from its value and weight, so that no tree has to be
grown to check them. Metrics are those of the given scores, before any tree.
"""

import json
import sys

import lightgbm as lgb
import numpy as np

ROWS = 240
random = np.random.RandomState(7)
features = random.randn(ROWS, 3)
signal = features[:, 0] + 0.5 * features[:, 1] ** 2 - 0.3 * features[:, 2]
noise = random.randn(ROWS)
weights = np.round(random.rand(ROWS) * 2 + 0.25, 3).astype(np.float32)
scores = np.round(0.4 * random.randn(3 * ROWS), 3)
groups = [1, 17, 40, 2, 60, 50, 30, 40]
assert sum(groups) == ROWS

labels = {
    "number": signal * 3 + noise,
    "count": random.poisson(np.exp(0.4 * signal)).astype(float),
    "positive": np.exp(0.5 * signal + 0.3 * noise),
    "two": (signal + noise > 0.8).astype(float),
    "three": np.clip(np.round(signal + 0.5 * noise), 0, 2),
    "share": 1 / (1 + np.exp(-signal - noise)),
    "rank": np.clip(np.round(signal + noise), 0, 4),
}
labels = {name: np.round(values, 4) for name, values in labels.items()}

REGRESSION = "l1,l2,rmse,quantile,mape,huber,fair"
CASES = [
    ("number", "objective=regression metric=" + REGRESSION),
    ("number", "objective=regression reg_sqrt=true metric=l2,rmse"),
    ("number", "objective=regression_l1 metric=l1"),
    ("number", "objective=huber alpha=0.6 metric=huber,l2"),
    ("number", "objective=fair fair_c=1.7 metric=fair"),
    ("number", "objective=quantile alpha=0.3 metric=quantile"),
    ("number", "objective=quantile alpha=0.9 reg_sqrt=true metric=quantile"),
    ("number", "objective=mape metric=mape"),
    ("count", "objective=poisson metric=poisson,l2"),
    ("count", "objective=poisson poisson_max_delta_step=0.2 metric=poisson"),
    ("count", "objective=tweedie tweedie_variance_power=1.3 metric=tweedie"),
    ("positive", "objective=gamma metric=gamma,gamma_deviance"),
    ("two", "objective=binary "
            "metric=binary_logloss,binary_error,auc,average_precision,l2,cross_entropy"),
    ("two", "objective=binary is_unbalance=true sigmoid=0.7 metric=binary_logloss"),
    ("two", "objective=binary scale_pos_weight=2.5 metric=binary_logloss"),
    ("share", "objective=cross_entropy metric=cross_entropy,kullback_leibler"),
    ("share", "objective=cross_entropy_lambda metric=cross_entropy_lambda"),
    ("three", "objective=multiclass num_class=3 metric=multi_logloss,multi_error,auc_mu"),
    ("three", "objective=multiclass num_class=3 multi_error_top_k=2 metric=multi_error"),
    ("three", "objective=multiclass num_class=3 auc_mu_weights=0,1,2,3,0,1,1,2,0 metric=auc_mu"),
    ("three", "objective=multiclassova num_class=3 sigmoid=1.3 metric=multi_logloss,multi_error"),
    ("three", "objective=multiclassova num_class=3 is_unbalance=true metric=multi_logloss"),
    ("rank", "objective=lambdarank metric=ndcg,map"),
    ("rank", "objective=lambdarank lambdarank_norm=false lambdarank_truncation_level=5 sigmoid=2 "
             "label_gain=0,1,2,5,9 eval_at=3,10 metric=ndcg"),
    ("rank", "objective=rank_xendcg objective_seed=11 eval_at=2 metric=ndcg"),
]


def parameters(text):
    chosen = dict(pair.split("=") for pair in text.split())
    chosen.update(verbosity=-1, num_threads=1, deterministic=True, learning_rate=1.0)
    return chosen


def leaves(tree):
    if "leaf_index" in tree:
        return [tree]
    if "split_index" not in tree:
        return [dict(tree, leaf_index=0)]
    return leaves(tree["left_child"]) + leaves(tree["right_child"])


def case(label, text, weighted):
    chosen = parameters(text)
    width = int(chosen.get("num_class", 1))
    start = scores[: width * ROWS]
    ranked = label == "rank"
    given = dict(
        label=labels[label],
        weight=weights if weighted else None,
        group=groups if ranked else None,
    )
    grown = dict(chosen, num_leaves=12, min_data_in_leaf=6, min_sum_hessian_in_leaf=0)
    train = lgb.Dataset(features, init_score=start, free_raw_data=False, **given)
    booster = lgb.Booster(grown, train)
    held = lgb.Dataset(features, init_score=start, reference=train, **given)
    booster.add_valid(held, "held")
    metrics = [[name, value] for _, name, value, _ in booster.eval_valid()]
    booster.update()
    trees = []
    places = booster.predict(features, pred_leaf=True).reshape(ROWS, -1)
    for index, tree in enumerate(booster.dump_model()["tree_info"]):
        found = {leaf["leaf_index"]: leaf for leaf in leaves(tree["tree_structure"])}
        values = [found[leaf]["leaf_value"] for leaf in range(len(found))]
        sums = [found[leaf].get("leaf_weight", 0) for leaf in range(len(found))]
        trees.append({"leaf": places[:, index].tolist(), "value": values, "weight": sums})
    constant = dict(chosen, min_data_in_leaf=10**6, feature_pre_filter=False)
    stump = lgb.train(constant, lgb.Dataset(features, free_raw_data=False, **given), 1)
    initial = np.atleast_1d(stump.predict(features[:1], raw_score=True)[0]).tolist()
    objective = [
        line for line in booster.model_to_string().split("\n") if line.startswith("objective=")
    ]
    return {
        "label": label,
        "parameters": text,
        "weighted": weighted,
        "objective": objective[0][len("objective="):],
        "metrics": metrics,
        "trees": trees,
        "initial": initial,
    }


def main():
    cases = [case(label, text, weighted) for label, text in CASES for weighted in (False, True)]
    table = {
        "version": lgb.__version__,
        "labels": {name: values.tolist() for name, values in labels.items()},
        "weights": [float(str(value)) for value in weights],
        "scores": scores.tolist(),
        "groups": groups,
    }
    sys.stdout.write(json.dumps(dict(table, cases=cases), separators=(",", ":")) + "\n")


main()
