"""Comparisons of training: pairs of runs, A B A B."""
import statistics

from . import judge
from .environment import say
from .programs import Skipped

LAYOUTS = ("row", "col")
# A layout of LightGBM that is slower than the other by more than this is left out of later pairs.
LAYOUT_MARGIN = 1.1


class TrainingBench:
    """Every peer on every data set and thread count, beside a run of Boreal of its own."""

    def __init__(self, programs, pairs, rounds=None):
        self.programs, self.pairs, self.rounds = programs, pairs, rounds
        self.skipped = []

    def compare(self, dataset, threads, peer):
        """The figures of one line of the table; None when there are none, with the reason kept."""
        what = "%s, %d thread(s)" % (dataset.name, threads)
        rounds = self.rounds or dataset.rounds
        layouts = list(LAYOUTS) if peer == "LightGBM" else ["row"]
        pairs, qualities = [], {}
        side = peer
        try:
            count = self.pairs.of(peer)
            for number in range(count):
                say("training, %s, pair %d of %d: %s" % (what, number + 1, count, peer))
                side = peer
                theirs, layouts = self.peer_runs(peer, dataset, threads, rounds, layouts, qualities)
                side = "Boreal"
                ours, scores = self.programs.train_boreal(dataset, threads, rounds)
                qualities["Boreal"] = judge.quality(dataset, scores)
                pairs.append((theirs, ours))
        except Skipped as reason:
            self.skip("%s, %s: %s" % (side, what, reason))
            return None
        return self.line(dataset, threads, peer, rounds, pairs, qualities)

    def peer_runs(self, peer, dataset, threads, rounds, layouts, qualities):
        """The quickest of the layouts, and those that are worth another run."""
        runs = {}
        for layout in layouts:
            found, scores = self.programs.train_peer(peer, dataset, threads, rounds, layout)
            runs[layout] = dict(found, layout=layout)
            qualities[peer] = judge.quality(dataset, scores)
        best = min(runs.values(), key=lambda one: one["seconds"])
        return best, [layout for layout in layouts
                      if runs[layout]["seconds"] <= LAYOUT_MARGIN * best["seconds"]]

    def skip(self, text):
        if text not in self.skipped:
            self.skipped.append(text)
            say("skipped: " + text)

    def line(self, dataset, threads, peer, rounds, pairs, qualities):
        def middle(side, key):
            return statistics.median(pair[side][key] for pair in pairs)

        def ratio(key):
            values = sorted(theirs[key] / max(ours[key], 1e-9) for theirs, ours in pairs)
            return [values[0], statistics.median(values), values[-1]]

        keys = ("seconds", "cpu_s", "held_mib", "peak_mib")
        theirs, ours = (qualities[side][dataset.metric] for side in (peer, "Boreal"))
        return {
            "dataset": dataset.name, "threads": threads, "peer": peer, "rounds": rounds,
            "metric": dataset.metric, "quality": [qualities[peer], qualities["Boreal"]],
            "is_worse": judge.differs(dataset.metric, theirs, ours),
            "layout": pairs[-1][0]["layout"] if peer == "LightGBM" else None,
            "theirs": {key: middle(0, key) for key in keys},
            "ours": {key: middle(1, key) for key in keys},
            "ratio": ratio("seconds"), "cpu_ratio": ratio("cpu_s"), "pairs": pairs,
        }
