"""`svr` and `svc` beside scikit-learn's, which are LIBSVM. Their time grows with more than the
square of the rows, so these tables are smaller."""
import numpy

from engine.datasets import DataSet, coin, save

from .case import Case


def curve(x):
    """A function that no line follows."""
    return numpy.sin(2 * x[:, 0]) + 0.5 * x[:, 1] ** 2 + 0.5 * x[:, 2] * x[:, 3]


def make_curve(folder, parts):
    rng = numpy.random.default_rng(11)
    for part, rows in parts.items():
        x = rng.standard_normal((rows, 10))
        save(folder, part, x, curve(x) + 0.3 * rng.standard_normal(rows))


def make_sides(folder, parts):
    rng = numpy.random.default_rng(12)
    for part, rows in parts.items():
        x = rng.standard_normal((rows, 20))
        save(folder, part, x, coin(rng, 4 * (x[:, 0] * x[:, 1] + x[:, 2])))


CURVE = DataSet("curve", "16,000 x 10 numbers, regression", "regression", "rmse", 16_000, 4_000,
                make_curve, label="f10")
SIDES = DataSet("sides", "10,000 x 20 numbers, two classes", "binary", "accuracy", 10_000, 5_000,
                make_sides, label="f20")


def accuracy(table, scores):
    return {"accuracy": float((numpy.asarray(scores) == table.labels("test")).mean())}


def regression(**params):
    def make(threads):
        from sklearn.svm import SVR

        return SVR(**params)
    return make


def classification(**params):
    def make(threads):
        from sklearn.svm import SVC

        return SVC(**params)
    return make


CASES = [
    Case("svr %s %s" % (kernel, CURVE.name), "svr", CURVE, "SVR, %s" % kernel,
         regression(kernel=kernel), {"kernel": kernel})
    for kernel in ("rbf", "linear")
] + [
    Case("svc %s %s" % (kernel, SIDES.name), "svc", SIDES, "SVC, %s" % kernel,
         classification(kernel=kernel), {"kernel": kernel}, quality=accuracy)
    for kernel in ("rbf", "poly")
]
