"""`deepfm` beside a reference in NumPy: the same model, optimizer and number of epochs."""
from engine.datasets import DataSet, make_airlines_table

from .case import Case

DELAYS = DataSet("delays", "100,000 x 7, three of them text, two classes", "binary", "auc", 100_000,
                 25_000, make_airlines_table, ending=".csv", label="Delay", categories=(0, 2, 3))


def reference(threads):
    from .deepfm_reference import DeepFMReference

    return DeepFMReference(DELAYS.categories)


CASES = [Case("deepfm NumPy delays", "deepfm", DELAYS, "NumPy", reference, output="value")]
