"""Comparisons of classes with libraries, and their table."""
import json
import os

import numpy

from engine import environment, report
from engine.programs import Skipped, run
from engine.training import TrainingBench


class ClassBench(TrainingBench):
    """Pairs of runs, A B A B, of one case."""

    def compare_case(self, case, threads):
        """The figures of one line of the table; None when there are none, with the reason kept."""
        what = "%s, %d thread(s)" % (case.name, threads)
        pairs, qualities = [], {}
        side = case.peer
        try:
            for number in range(self.pairs):
                environment.say("%s, pair %d of %d" % (what, number + 1, self.pairs))
                side = case.peer
                theirs, scores = self.peer_run(case, threads)
                qualities[case.peer] = case.quality(case.table, scores)
                side = "Boreal"
                ours, scores = self.boreal_run(case, threads)
                qualities["Boreal"] = case.quality(case.table, scores)
                pairs.append((theirs, ours))
        except Skipped as reason:
            self.skip("%s, %s: %s" % (side, what, reason))
            return None
        line = self.line(case.table, threads, case.peer, None, pairs, qualities)
        return dict(line, model_class=case.model_class)

    def peer_run(self, case, threads):
        scores = os.path.join(self.programs.work, "class-scores.npy")
        job = {"case": case.name, "folder": case.table.folder, "threads": threads,
               "scores": scores}
        output = run([self.programs.python, "-m", "classes.train_peer", json.dumps(job)], threads)
        found = json.loads(output.strip().splitlines()[-1])
        if "skipped" in found:
            raise Skipped(found["skipped"])
        return found, numpy.load(scores)

    def boreal_run(self, case, threads):
        model = os.path.join(self.programs.work, "class.boreal")
        command = [self.programs.boreal, "train", "--class", case.model_class, "--json",
                   "--threads", str(threads), "--data", case.table.path("train"), "--out", model]
        command += (["--label", case.table.label] if case.has_label
                    else ["--ignore", case.table.label])
        for name, value in case.params.items():
            command += ["--param", "%s=%s" % (name, value)]
        trained = json.loads(run(command, threads))
        found = {
            "seconds": trained.get("bin_s", 0) + trained["train_s"],
            "cpu_s": trained["train_cpu_s"], "held_mib": trained["train_held_mib"],
            "peak_mib": trained["train_peak_mib"],
        }
        scores = os.path.join(self.programs.work, "class-scores.csv")
        run([self.programs.boreal, "predict", "--model", model, "--data", case.table.path("test"),
             "--output", case.output, "--out", scores, "--json"], 2)
        values = numpy.loadtxt(scores, delimiter=",", skiprows=1)
        # Of two classes the judge wants the second.
        if case.output == "proba" and values.ndim == 2 and values.shape[1] == 2:
            values = values[:, 1]
        return found, values


def render(result):
    """The section as lines."""
    lines = ["%s, %s, %s, `%s`; medians of %d pairs," % tuple(result[key] for key in (
        "date", "machine", "packages", "command", "pairs")),
        "in brackets the least and the greatest ratio.", ""]
    rows = [[
        line["model_class"], line["dataset"], line["threads"], line["peer"],
        "%.3f / %.3f" % (line["theirs"]["seconds"], line["ours"]["seconds"]),
        report.spread(line["ratio"]),
        "%.0f / %.0f" % tuple(line[side]["peak_mib"] - line[side]["held_mib"]
                              for side in ("theirs", "ours")),
        report.quality(line),
    ] for line in result["lines"]]
    if rows:
        lines += report.table(["class", "data set", ">threads", "beside", ">s", ">ratio",
                               ">grown by MiB", ">held-out rows"], rows) + [""]
        for name in dict.fromkeys(line["model_class"] for line in result["lines"]):
            own = [dict(line, peer="the library, class `%s`" % name)
                   for line in result["lines"] if line["model_class"] == name]
            lines += report.geometric_means(own)
        lines.append("")
    if result["skipped"]:
        lines += ["Not measured:", ""] + ["- " + text for text in result["skipped"]] + [""]
    return lines
