"""`linearreg` beside scikit-learn's linear models."""
from . import tables
from .case import Case


def least_squares(threads):
    from sklearn.linear_model import LinearRegression

    return LinearRegression()


def ridge(threads):
    from sklearn.linear_model import Ridge

    return Ridge(alpha=1.0)


def lasso(threads):
    from sklearn.linear_model import Lasso

    return Lasso(alpha=0.01)


CASES = [
    Case("linearreg %s %s" % (peer, table.name), "linearreg", table, peer, model, params)
    for table in tables.LINES
    for peer, model, params in [
        ("LinearRegression", least_squares, {}),
        ("Ridge", ridge, {"alpha": 1.0}),
        ("Lasso", lasso, {"alpha": 0.01, "l1_ratio": 1}),
    ]
]
