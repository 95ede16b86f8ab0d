"""`randomforestreg`, `randomforestcls`, `gbrt` and `gbdt` beside scikit-learn's trees."""
import numpy

from engine.datasets import DataSet, coin, save

from .case import Case
from .logisticreg import probabilities
from .tables import features


def waves(x):
    """Products, steps and waves of six features; the others tell nothing."""
    return (numpy.sin(2 * x[:, 0]) * x[:, 1] + (x[:, 2] > 0.5) * x[:, 3]
            + 0.5 * x[:, 4] ** 2 - abs(x[:, 5]))


def make_waves(folder, parts):
    rng = numpy.random.default_rng(21)
    for part, rows in parts.items():
        x = features(rng, rows, 28)
        save(folder, part, x, waves(x) + 0.5 * rng.standard_normal(rows))


def make_crests(folder, parts):
    rng = numpy.random.default_rng(22)
    for part, rows in parts.items():
        x = features(rng, rows, 28)
        save(folder, part, x, coin(rng, 2 * waves(x)))


WAVES = DataSet("waves", "100,000 x 28 numbers, regression", "regression", "rmse", 100_000, 25_000,
                make_waves, label="f28")
CRESTS = DataSet("crests", "100,000 x 28 numbers, two classes", "binary", "auc", 100_000, 25_000,
                 make_crests, label="f28")


def forest(name):
    def make(threads):
        from sklearn import ensemble

        return getattr(ensemble, name)(30, max_features="sqrt", n_jobs=threads, random_state=1)
    return make


def boosting(name, **params):
    def make(threads):
        from sklearn import ensemble

        return getattr(ensemble, name)(learning_rate=0.1, n_estimators=20, random_state=1, **params)
    return make


def regression(peer, model_class, model, **params):
    return Case("%s %s" % (model_class, peer), model_class, WAVES, peer, model, params)


def classification(peer, model_class, model, **params):
    return Case("%s %s" % (model_class, peer), model_class, CRESTS, peer, model, params,
                output="proba", predict=probabilities)


# scikit-learn's boosting has one thread; that of 100 rounds would take minutes a run.
ROUNDS = {"n_estimators": 20, "learning_rate": 0.1}
CASES = [
    regression("RandomForestRegressor", "randomforestreg", forest("RandomForestRegressor"),
               n_estimators=30),
    classification("RandomForestClassifier", "randomforestcls", forest("RandomForestClassifier"),
                   n_estimators=30),
    regression("GradientBoostingRegressor", "gbrt",
               boosting("GradientBoostingRegressor", max_depth=5), max_depth=5, **ROUNDS),
    regression("GradientBoostingRegressor lad", "gbrt",
               boosting("GradientBoostingRegressor", max_depth=5, loss="absolute_error"),
               max_depth=5, objective="lad", **ROUNDS),
    classification("GradientBoostingClassifier", "gbdt",
                   boosting("GradientBoostingClassifier", max_depth=3), max_depth=3, **ROUNDS),
]
