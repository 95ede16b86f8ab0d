"""Comparisons of prediction: the same model answered by either, in alternating processes."""
import os
import statistics

import numpy

from .environment import say
from .programs import Skipped

BATCHES = [1, 10, 100, 10_000, 200_000]
CONTRIB_ROWS = 100


class InferenceBench:
    """Models of LightGBM of 255 leaves a tree, learnt from the dense table; its held-out rows."""

    def __init__(self, programs, dataset, pairs, seconds, trees):
        self.programs, self.dataset, self.pairs = programs, dataset, pairs
        self.seconds, self.trees = seconds, trees
        self.x = dataset.path("test", "x")
        self.skipped, self.equal, self.unmade = [], {}, set()

    def lines(self, scorers, threads):
        """The lines of the table, in pieces as they are measured."""
        for trees in self.trees:
            ours = self.model("txt", trees)
            if ours is None:
                continue
            self.check_equal(trees, ours)
            for count in threads:
                for peer in ["LightGBM"] + scorers:
                    yield self.batch(peer, trees, ours, count)
                if trees == self.trees[0]:
                    yield self.contributions(trees, ours, count)
            yield self.one_row(trees, ours)

    # The models.

    def model(self, form, trees, source=None, name="lightgbm"):
        if (form, trees) in self.unmade:
            return None
        try:
            return self.programs.make_model(form, trees, self.dataset, os.cpu_count() or 1,
                                            source, name)
        except Skipped as reason:
            self.unmade.add((form, trees))
            self.skip("the form '%s' of %d trees: %s" % (form, trees, reason))
            return None

    def models(self, peer, trees, lightgbm):
        """The file that a peer loads and the one that Boreal does."""
        if peer == "XGBoost":
            return self.model("ubj", trees, name="xgboost"), lightgbm
        if peer == "ONNX Runtime":
            return self.model("onnx", trees, lightgbm), lightgbm
        if peer == "tl2cgen":
            return self.model("so", trees, lightgbm), lightgbm
        if peer == "CatBoost":
            own = self.model("cbm", trees, name="catboost")
            if own is None or self.programs.boreal_reads(own):
                return own, own
            return own, self.model("json", trees, own, name="catboost")
        return lightgbm, lightgbm

    def check_equal(self, trees, model):
        """Counts the held-out rows whose answer is LightGBM's to the last bit."""
        scores = os.path.join(self.programs.work, "scores.npy")
        try:
            self.programs.bench_peer("LightGBM", model, self.x, os.cpu_count() or 1, [1], 0, scores)
            ours = self.programs.boreal_values(model, self.dataset.path("test"))
        except Skipped as reason:
            self.skip("the comparison of answers of %d trees: %s" % (trees, reason))
            return
        theirs = numpy.load(scores)
        self.equal[trees] = [int((theirs == ours).sum()), len(ours),
                             float(numpy.abs(theirs - ours).max())]

    # The comparisons.

    def batch(self, peer, trees, lightgbm, threads):
        theirs, ours = self.models(peer, trees, lightgbm)
        if theirs is None:
            return []
        # One row never uses a second thread.
        rows = BATCHES if threads == 1 else BATCHES[1:]
        return self.pair(
            "%s, %d trees, %d thread(s)" % (peer, trees, threads),
            {"peer": peer, "trees": trees, "threads": threads, "output": "value"}, peer,
            lambda: self.programs.bench_peer(peer, theirs, self.x, threads, rows, self.seconds),
            lambda: self.programs.bench_boreal(ours, self.x, threads, rows, self.seconds))

    def one_row(self, trees, model):
        x = numpy.load(self.x)
        return self.pair(
            "one row in process, %d trees" % trees,
            {"peer": "LightGBM, C fast call", "trees": trees, "threads": 1, "output": "value"},
            "LightGBM",
            lambda: self.programs.bench_single_row(model, x, self.seconds),
            lambda: self.programs.bench_boreal(model, self.x, 1, [1], self.seconds))

    def contributions(self, trees, model, threads):
        rows = [CONTRIB_ROWS]
        return self.pair(
            "contributions, %d trees, %d thread(s)" % (trees, threads),
            {"peer": "LightGBM", "trees": trees, "threads": threads, "output": "contrib"},
            "LightGBM",
            lambda: self.programs.bench_peer("LightGBM contrib", model, self.x, threads, rows,
                                             self.seconds),
            lambda: self.programs.bench_boreal(model, self.x, threads, rows, self.seconds,
                                               "contrib"))

    def pair(self, title, line, peer, theirs, ours):
        """One line for each number of rows, from alternating runs; the peer's alone if need be."""
        pairs, first = [], None
        try:
            count = self.pairs.of(peer)
            for number in range(count):
                say("prediction, %s, pair %d of %d" % (title, number + 1, count))
                first = None
                first = theirs()
                pairs.append((first, ours()))
        except Skipped as reason:
            self.skip("%s, %s: %s" % ("Boreal" if first else peer, title, reason))
            if not first:
                return []
            return [dict(line, rows=rows, theirs=first[rows]["rows_per_s"], ours=None, ratio=None)
                    for rows in first]
        return [self.line(line, rows, pairs) for rows in pairs[0][0]]

    @staticmethod
    def line(line, rows, pairs):
        rates = [[side[rows]["rows_per_s"] for side in pair] for pair in pairs]
        ratios = sorted(ours / theirs for theirs, ours in rates)
        return dict(
            line, rows=rows, theirs=statistics.median(pair[0] for pair in rates),
            ours=statistics.median(pair[1] for pair in rates),
            ratio=[ratios[0], statistics.median(ratios), ratios[-1]], pairs=rates)

    def skip(self, text):
        if text not in self.skipped:
            self.skipped.append(text)
            say("skipped: " + text)
