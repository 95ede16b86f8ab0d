"""The quality of predictions on held-out rows, by the same code whoever predicted."""
import numpy


def auc(labels, scores):
    """Area under the curve; pairs of equal scores count half."""
    _, places, counts = numpy.unique(scores, return_inverse=True, return_counts=True)
    ranks = (numpy.cumsum(counts) - (counts - 1) / 2)[places]
    positives = labels.sum()
    negatives = len(labels) - positives
    below = ranks[labels == 1].sum() - positives * (positives + 1) / 2
    return float(below / (positives * negatives))


def log_loss(labels, scores):
    """Mean negative log of the probability of the class that it was."""
    if scores.ndim == 1:
        chosen = numpy.where(labels == 1, scores, 1 - scores)
    else:
        chosen = scores[numpy.arange(len(labels)), labels.astype(int)]
    return float(-numpy.log(numpy.clip(chosen, 1e-15, 1)).mean())


def ndcg(labels, scores, queries, depth=10):
    """Mean over the queries that have something to find; gains 2^label - 1."""
    found, start = [], 0
    weights = 1 / numpy.log2(numpy.arange(2, depth + 2))
    for rows in queries:
        gains = 2.0 ** labels[start:start + rows] - 1
        order = numpy.argsort(-scores[start:start + rows], kind="stable")
        top, best = gains[order][:depth], numpy.sort(gains)[::-1][:depth]
        if best.sum() > 0:
            found.append((top @ weights[:len(top)]) / (best @ weights[:len(best)]))
        start += rows
    return float(numpy.mean(found))


def quality(dataset, scores):
    """Metric by name, the data set's own first."""
    labels = dataset.labels("test")
    scores = numpy.asarray(scores, dtype=float)
    if dataset.objective == "binary":
        return {"auc": auc(labels, scores), "logloss": log_loss(labels, scores)}
    if dataset.objective == "multiclass":
        right = scores.argmax(axis=1) == labels
        return {"logloss": log_loss(labels, scores), "accuracy": float(right.mean())}
    if dataset.objective == "lambdarank":
        return {"ndcg@10": ndcg(labels, scores, dataset.queries("test"))}
    return {"rmse": float(numpy.sqrt(((labels - scores) ** 2).mean()))}


def differs(metric, theirs, ours):
    """Whether ours is worse by more than goes through as equal: 0.001, or 0.2 % of a loss."""
    if metric in ("auc", "ndcg@10", "accuracy"):
        return ours < theirs - 0.001
    return ours > theirs * 1.002
