"""The data sets: drawn with fixed seeds, so that they are the same bytes every time, and kept.

A data set is a folder of the scratch folder. Boreal reads `train.npy`, `.csv` or `.svm`, the others
`x_train.npy` (32-bit floats, row-major; `.npz`, compressed rows, when sparse) and `y_train.npy`;
the same with `test`. A folder that is there is complete: it is made under another name and renamed.
"""
import csv
import gzip
import os
import shutil
from dataclasses import dataclass

import numpy
import scipy.sparse

from . import make_airlines
from .environment import say

EXAMPLES = os.path.join(make_airlines.SAMPLES, "lightgbm-examples")
AIRLINES_TEXT = ["Airline", "AirportFrom", "AirportTo"]


@dataclass
class DataSet:
    """One data set; `rows` are those of training when nothing is scaled."""

    name: str
    title: str
    objective: str
    metric: str
    rows: int
    test_rows: int
    make: object
    ending: str = ".npy"
    label: str = "label"
    classes: int = 1
    # Positions of the columns that are categories.
    categories: tuple = ()
    rounds: int = 100
    folder: str = ""

    @property
    def is_sparse(self):
        return self.ending == ".svm" and self.objective != "lambdarank"

    def path(self, part, ending=None):
        """The table that Boreal reads, or another file of a part: `path("test", "y")`."""
        if ending:
            return os.path.join(self.folder, "%s_%s.npy" % (ending, part))
        return os.path.join(self.folder, part + self.ending)

    def features(self, part):
        """What the other programs are given."""
        if self.is_sparse:
            return scipy.sparse.load_npz(os.path.join(self.folder, "x_%s.npz" % part))
        return numpy.load(self.path(part, "x"))

    def labels(self, part):
        return numpy.load(self.path(part, "y"))

    def queries(self, part):
        """Rows of each query, for ranking; else None."""
        path = self.path(part) + ".query"
        return numpy.loadtxt(path, dtype=int) if os.path.exists(path) else None


def save(folder, part, x, y):
    """A part as arrays; with the label as last column for Boreal."""
    x = numpy.ascontiguousarray(x, dtype=numpy.float32)
    y = numpy.asarray(y, dtype=numpy.float32)
    numpy.save(os.path.join(folder, "x_%s.npy" % part), x)
    numpy.save(os.path.join(folder, "y_%s.npy" % part), y)
    numpy.save(os.path.join(folder, part + ".npy"), numpy.column_stack([x, y]))


def coin(rng, z):
    """Labels of 0 and 1 whose log odds are `z`."""
    return (rng.random(len(z)) < 1 / (1 + numpy.exp(-z))).astype(numpy.float32)


def make_dense(folder, parts):
    """28 numbers; the label depends on products, steps and noise, so more trees keep helping."""
    rng = numpy.random.default_rng(28)
    for part, rows in parts.items():
        x = rng.standard_normal((rows, 28), dtype=numpy.float32)
        x[:, 20:] = numpy.exp(0.5 * x[:, 20:])
        z = (
            0.8 * x[:, 0]
            + 0.6 * x[:, 1] * x[:, 2]
            - 0.5 * numpy.abs(x[:, 3])
            + 0.7 * numpy.sin(2 * x[:, 4]) * (x[:, 5] > 0)
            + 0.4 * x[:, 20] * x[:, 6]
            - 0.3 * x[:, 21]
            + 0.3 * (x[:, 7] * x[:, 8] > 0.5)
        )
        save(folder, part, x, coin(rng, z))


def make_airlines_table(folder, parts):
    """Text for Boreal, the places of the texts in sorted order for the others."""
    make_airlines.main(folder, sum(parts.values()))
    codes = {}
    for part in ("train", "test"):
        path = os.path.join(folder, part + ".csv")
        os.rename(os.path.join(folder, "airlines_%s.csv" % part), path)
        with open(path) as file:
            rows = list(csv.reader(file))
        columns = dict(zip(rows[0], zip(*rows[1:])))
        y = columns.pop("Delay")
        numbers = []
        for name, values in columns.items():
            if name in AIRLINES_TEXT:
                # Texts that only the test rows have are missing values.
                known = codes.setdefault(name, {w: i for i, w in enumerate(sorted(set(values)))})
                values = [known.get(word, numpy.nan) for word in values]
            numbers.append(numpy.array(values, dtype=numpy.float32))
        x = numpy.column_stack(numbers)
        numpy.save(os.path.join(folder, "x_%s.npy" % part), numpy.ascontiguousarray(x))
        numpy.save(os.path.join(folder, "y_%s.npy" % part), numpy.array(y, dtype=numpy.float32))


def make_missing(folder, parts):
    """500 numbers of which 30 % are missing by chance; 40 of them carry the target."""
    rng = numpy.random.default_rng(500)
    weights = rng.standard_normal(20)
    for part, rows in parts.items():
        x = rng.standard_normal((rows, 500), dtype=numpy.float32)
        y = x[:, :20] @ weights + 2 * numpy.sin(x[:, 20]) * x[:, 21] + numpy.abs(x[:, 22])
        y += (x[:, 23:40] > 1).sum(axis=1) + 0.5 * rng.standard_normal(rows)
        x[rng.random((rows, 500), dtype=numpy.float32) < 0.3] = numpy.nan
        save(folder, part, x, y)


def make_classes(folder, parts):
    """10 whole numbers, one-hot groups of 4 and 40 columns; seven classes of unequal size."""
    rng = numpy.random.default_rng(54)
    numbers = rng.standard_normal((10, 7))
    areas, soils = rng.standard_normal((4, 7)), 1.5 * rng.standard_normal((40, 7))
    share = numpy.log([0.36, 0.49, 0.06, 0.005, 0.016, 0.03, 0.035])
    for part, rows in parts.items():
        base = rng.standard_normal((rows, 10))
        area, soil = rng.integers(0, 4, rows), rng.geometric(0.08, rows) % 40
        scores = share + base @ numbers + areas[area] + soils[soil]
        scores += 2 * numpy.sin(2 * base[:, :7]) + rng.gumbel(size=(rows, 7))
        x = numpy.zeros((rows, 54), dtype=numpy.float32)
        x[:, :10] = numpy.round(1_000 + 300 * base)
        x[numpy.arange(rows), 10 + area] = 1
        x[numpy.arange(rows), 14 + soil] = 1
        save(folder, part, x, scores.argmax(axis=1))


def make_sparse(folder, parts):
    """100 fields of 100 values each as 10,000 columns of 0 and 1, a hundredth of them 1."""
    rng = numpy.random.default_rng(10_000)
    effects = 0.4 * rng.standard_normal((100, 100))
    for part, rows in parts.items():
        # Squared, so that some values of a field are common and many are rare.
        values = (100 * rng.random((rows, 100)) ** 2).astype(numpy.int32)
        z = effects[numpy.arange(100), values].sum(axis=1)
        y = coin(rng, z)
        indexes = values + 100 * numpy.arange(100, dtype=numpy.int32)
        ones = numpy.ones(indexes.size, dtype=numpy.float32)
        starts = numpy.arange(0, indexes.size + 1, 100)
        matrix = scipy.sparse.csr_matrix((ones, indexes.ravel(), starts), shape=(rows, 10_000))
        scipy.sparse.save_npz(os.path.join(folder, "x_%s.npz" % part), matrix, compressed=False)
        numpy.save(os.path.join(folder, "y_%s.npy" % part), y)
        with open(os.path.join(folder, part + ".svm"), "w") as file:
            for label, row in zip(y, indexes):
                file.write("%d %s\n" % (label, " ".join("%d:1" % index for index in row)))


def make_ranking(folder, parts):
    """The ranking example of LightGBM, whole whatever the scale."""
    for part in parts:
        svm = os.path.join(folder, part + ".svm")
        with gzip.open(os.path.join(EXAMPLES, "rank.%s.gz" % part)) as packed:
            with open(svm, "wb") as file:
                shutil.copyfileobj(packed, file)
        shutil.copy(os.path.join(EXAMPLES, "rank.%s.query" % part), svm + ".query")
        with open(svm) as file:
            rows = [line.split() for line in file]
        x = numpy.zeros((len(rows), 301), dtype=numpy.float32)
        for number, row in enumerate(rows):
            for cell in row[1:]:
                index, value = cell.split(":")
                x[number, int(index)] = float(value)
        numpy.save(os.path.join(folder, "x_%s.npy" % part), x)
        y = numpy.array([row[0] for row in rows], dtype=numpy.float32)
        numpy.save(os.path.join(folder, "y_%s.npy" % part), y)


ALL = [
    DataSet("dense", "1,000,000 x 28 numbers, two classes", "binary", "auc",
            1_000_000, 200_000, make_dense, label="f28"),
    DataSet("airlines", "431,506 x 7, three of them text, two classes", "binary", "auc",
            431_506, 107_877, make_airlines_table, ending=".csv", label="Delay",
            categories=(0, 2, 3)),
    DataSet("missing", "50,000 x 500 numbers, 30 % missing, regression", "regression", "rmse",
            50_000, 12_500, make_missing, label="f500"),
    DataSet("classes", "200,000 x 54 numbers, seven classes", "multiclass", "logloss",
            200_000, 50_000, make_classes, label="f54", classes=7, rounds=50),
    DataSet("sparse", "100,000 x 10,000 one-hot, 1 % are 1, two classes", "binary", "auc",
            100_000, 25_000, make_sparse, ending=".svm"),
    DataSet("ranking", "3,005 x 300, 201 queries, ranking", "lambdarank", "ndcg@10",
            3_005, 768, make_ranking, ending=".svm"),
]
QUICK = ["dense", "airlines"]


def named(name):
    return next(one for one in ALL if one.name == name)


def prepare(dataset, scratch, scale):
    """Makes the files of a data set unless they are there."""
    parts = {"train": max(1_000, int(dataset.rows * scale)),
             "test": max(500, int(dataset.test_rows * scale))}
    dataset.folder = os.path.join(scratch, "data", "%s-%d" % (dataset.name, parts["train"]))
    if os.path.exists(dataset.folder):
        return
    say("making the data set '%s'" % dataset.name)
    unfinished = dataset.folder + ".unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    os.makedirs(unfinished)
    dataset.make(unfinished, parts)
    os.rename(unfinished, dataset.folder)
