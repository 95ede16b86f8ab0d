"""`kmeans` beside scikit-learn's KMeans, from the same seed: both end in the same clusters."""
import numpy

from engine.datasets import DataSet, save

from .case import Case


def make_clouds(width, count, spread):
    """Clouds of rows that touch each other; one that is as wide as all when `count` is 1."""
    def make(folder, parts):
        rng = numpy.random.default_rng(width + count)
        centers = rng.uniform(-10, 10, (count, width)) if count > 1 else numpy.zeros((1, width))
        for part, rows in parts.items():
            label = rng.integers(0, count, rows)
            save(folder, part, centers[label] + spread * rng.standard_normal((rows, width)), label)
    return make


def clouds(width, count, spread):
    return DataSet("clouds-%d-%d" % (width, count), "100,000 x %d numbers, %d clouds" % (
        width, count), "clusters", "inertia", 100_000, 25_000, make_clouds(width, count, spread),
        label="f%d" % width)


def inertia(table, scores):
    """Mean squared distance of the held-out rows to the means of their clusters."""
    x = table.features("test").astype(float)
    clusters = numpy.asarray(scores).astype(int)
    total = 0.0
    for cluster in numpy.unique(clusters):
        rows = x[clusters == cluster]
        total += ((rows - rows.mean(axis=0)) ** 2).sum()
    return {"inertia": float(total / len(x))}


def library(clusters):
    def make(threads):
        from sklearn.cluster import KMeans

        return KMeans(n_clusters=clusters, random_state=1)
    return make


CASES = [
    Case("kmeans %d %s" % (clusters, table.name), "kmeans", table, "KMeans, k=%d" % clusters,
         library(clusters), {"n_clusters": clusters}, quality=inertia, has_label=False)
    for table, clusters in [(clouds(10, 8, 2.5), 4), (clouds(10, 1, 1.0), 8),
                            (clouds(28, 50, 3.0), 50)]
]
