"""`logisticreg` beside scikit-learn's LogisticRegression."""
from engine import datasets

from . import tables
from .case import Case


def probabilities(model, x):
    """Of the second of two classes, or of all."""
    shares = model.predict_proba(x)
    return shares[:, 1] if shares.shape[1] == 2 else shares


def plain(threads):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def sparse(threads):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=0.01, l1_ratio=1, solver="saga", random_state=1)


def scaled(threads):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression())


def case(table, peer, model, **params):
    return Case("logisticreg %s %s" % (peer, table.name), "logisticreg", table, peer, model, params,
                output="proba", predict=probabilities)


CASES = [case(table, "LogisticRegression", plain) for table in tables.ODDS] + [
    case(tables.ODDS[0], "LogisticRegression l1", sparse, C=0.01, penalty="l1"),
    case(datasets.named("classes"), "StandardScaler + LogisticRegression", scaled,
         normalize="True"),
]
