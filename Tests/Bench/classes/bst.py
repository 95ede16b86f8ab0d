"""`bst` beside the same network in PyTorch: vectors, one block of attention, dense layers, Adam."""
import csv
import os

import numpy

from engine.datasets import DataSet

from .case import Case

IDS, LENGTH, EPOCHS, BATCH, RATE = 900, 100, 1, 128, 0.001


def make_orders(folder, parts):
    """Sequences of 100 of 900 ids; the label says whether id 0 stands before id 1."""
    draw = numpy.random.default_rng(900)
    for part, rows in parts.items():
        ids = draw.integers(2, IDS, (rows, LENGTH))
        first = draw.integers(0, LENGTH, rows)
        second = draw.integers(0, LENGTH - 1, rows)
        second = numpy.where(second < first, second, second + 1)
        ids[numpy.arange(rows), first] = 0
        ids[numpy.arange(rows), second] = 1
        labels = (first < second).astype(numpy.float32)
        numpy.save(os.path.join(folder, "x_%s.npy" % part), ids.astype(numpy.float32))
        numpy.save(os.path.join(folder, "y_%s.npy" % part), labels)
        with open(os.path.join(folder, part + ".csv"), "w", newline="") as file:
            table = csv.writer(file)
            table.writerow(["events", "label"])
            for row, label in zip(ids, labels):
                table.writerow([",".join(map(str, row)), int(label)])


ORDERS = DataSet("orders", "50,000 sequences of 100 events, two classes", "binary", "auc", 50_000,
                 10_000, make_orders, ending=".csv")


def reference(threads):
    from .bst_torch import SequenceReference

    return SequenceReference(IDS, LENGTH, EPOCHS, BATCH, RATE, threads)


CASES = [Case("bst PyTorch orders", "bst", ORDERS, "PyTorch", reference, {
    "window_size": IDS, "sequence_length": LENGTH, "max_epoch": EPOCHS, "batch_size": BATCH,
    "learning_rate": RATE, "x_seq_cols": "events", "x_value_cols": "",
}, output="proba", package="PyTorch")]
