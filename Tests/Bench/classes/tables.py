"""Tables of 100,000 rows for the classes that take numbers only."""
import numpy

from engine.datasets import DataSet, coin, save


def features(rng, rows, width):
    """Numbers of about unit size; each is correlated with the one before it by a half."""
    x = rng.standard_normal((rows, width))
    for column in range(1, width):
        x[:, column] = 0.5 * x[:, column - 1] + 0.75 ** 0.5 * x[:, column]
    return x


def factors(width):
    """Half of them are 0."""
    rng = numpy.random.default_rng(width)
    return rng.standard_normal(width) * (rng.random(width) < 0.5)


def make_line(width):
    """A number: a sum of the features, and noise of the same size."""
    def make(folder, parts):
        rng, weights = numpy.random.default_rng(width + 1), factors(width)
        for part, rows in parts.items():
            x = features(rng, rows, width)
            noise = numpy.linalg.norm(weights) * rng.standard_normal(rows)
            save(folder, part, x, 2 + x @ weights + noise)
    return make


def make_odds(width):
    """Two classes, the log odds a sum of the features."""
    def make(folder, parts):
        rng, weights = numpy.random.default_rng(width + 2), factors(width)
        weights *= 2 / numpy.linalg.norm(weights)
        for part, rows in parts.items():
            x = features(rng, rows, width)
            save(folder, part, x, coin(rng, x @ weights - 0.5))
    return make


def line(width):
    return DataSet("line-%d" % width, "100,000 x %d numbers, regression" % width, "regression",
                   "rmse", 100_000, 25_000, make_line(width), label="f%d" % width)


def odds(width):
    return DataSet("odds-%d" % width, "100,000 x %d numbers, two classes" % width, "binary",
                   "logloss", 100_000, 25_000, make_odds(width), label="f%d" % width)


LINES = [line(28), line(200)]
ODDS = [odds(28), odds(200)]
