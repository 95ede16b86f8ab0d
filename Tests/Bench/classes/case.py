"""One comparison of a class with a library."""
from dataclasses import dataclass, field

from engine import judge


@dataclass
class Case:
    """What is trained on what, by either side."""

    # Unique: `linearreg ridge 28`.
    name: str
    # `--class` of `boreal train`.
    model_class: str
    # A data set of `classes.tables` or `engine.datasets`.
    table: object
    # What the library's side is called in the tables: `Ridge`.
    peer: str
    # model(threads): the library's model, before it sees rows. Its fit(x, y) is timed; x are 64-bit
    # floats, row-major.
    model: object
    # Parameters of Boreal, by name.
    params: dict = field(default_factory=dict)
    # What `boreal predict --output` gives the judge: `value`, or `proba` of classifiers.
    output: str = "value"
    # predict(model, x) -> scores of the library's model, for the judge.
    predict: object = lambda model, x: model.predict(x)
    # quality(table, scores) -> figures by the metric's name, the table's own first.
    quality: object = judge.quality
    # The package of the library, by its name in `engine.environment`.
    package: str = "scikit-learn"
    # False when the table's label is not to be used: clusters.
    has_label: bool = True
