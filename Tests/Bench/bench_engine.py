#!/usr/bin/env python3
"""The engine of Boreal beside LightGBM and others, in alternating runs.

usage: bench_engine.py --boreal .build/release/boreal [--set quick|all] [--pairs N] [--scale F]
                       [--threads 1,2] [--only NAME,NAME] [--parts training,inference]
                       [--rounds N] [--trees 100,500] [--seconds S] [--json FILE]
                       [--render FILE] [--write yes|no|auto]

The set `quick` is two tables beside LightGBM, `all` every table beside every peer. Both sides get
the same rows, parameters and threads. Each pair is one run of either in a process of its own, A B A
B, so that a slow moment of the machine meets both. A ratio is the other's time divided by
Boreal's of the same pair, for prediction Boreal's rate divided by the other's: above 1 Boreal is
faster. Quality on held-out rows is judged by the same code for both and must agree for the times to
mean anything.

What is compared with is installed from PyPI into BENCH_CACHE (default ~/.cache/boreal-bench), where
the data sets and models are kept too. A whole run on an idle machine replaces the section of
docs/benchmarks.md; a scaled or partial one only prints.
"""
import argparse
import json
import os
import resource
import sys

from engine import environment

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.normpath(os.path.join(HERE, "..", "..", "docs", "benchmarks.md"))

# Equal parameters under LightGBM's names, which are Boreal's too.
PARAMS = {
    "learning_rate": 0.1,
    "num_leaves": 255,
    "max_bin": 255,
    "min_data_in_leaf": 20,
    "max_depth": -1,
    "seed": 1,
}
# With more of the cores than this spent on other work, a run has no figures worth keeping.
OTHER_WORK_MAX = 0.05


class Cores:
    """Tells how much of the machine went into work that is not ours."""

    def __init__(self):
        self.start = self.busy_and_all(), self.ours()

    @staticmethod
    def busy_and_all():
        """Seconds of all cores since the machine started (proc_stat(5)); waiting is not busy."""
        with open("/proc/stat") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
        tick = os.sysconf("SC_CLK_TCK")
        return (sum(ticks) - ticks[3] - ticks[4]) / tick, sum(ticks) / tick

    @staticmethod
    def ours():
        return sum(usage.ru_utime + usage.ru_stime for usage in map(
            resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))

    def other_work(self):
        """A share of all cores since this was made."""
        (busy, all_cores), ours = self.busy_and_all(), self.ours()
        (first_busy, first_all), first_ours = self.start
        other = busy - first_busy - (ours - first_ours)
        return max(0.0, other / max(all_cores - first_all, 1e-9))


def arguments():
    """The command line; the environment has the defaults that `make` hands on."""
    default = os.environ.get
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boreal", default=".build/release/boreal")
    parser.add_argument("--set", choices=["quick", "all"], default=default("BENCH", "quick"))
    parser.add_argument("--pairs", type=int, default=int(default("PAIRS", 3)))
    parser.add_argument("--other-pairs", type=int, default=int(default("OTHER_PAIRS", 1)),
                        help="with peers that are not LightGBM")
    parser.add_argument("--scale", type=float, default=float(default("BENCH_SCALE", 1)))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--only", default="", help="data sets and peers, by name")
    parser.add_argument("--parts", default="training,inference")
    parser.add_argument("--rounds", type=int, help="trees of training, for all data sets")
    parser.add_argument("--trees", default="100,500", help="trees of the models that predict")
    parser.add_argument("--seconds", type=float, default=0.5, help="for each rate of prediction")
    parser.add_argument("--json", help="also keep every run there")
    parser.add_argument("--render", help="print the tables of such a file again, measure nothing")
    parser.add_argument("--write", choices=["yes", "no", "auto"], default="auto")
    return parser.parse_args()


def chosen(options):
    """Names of the peers besides LightGBM that train and that predict, and of the data sets."""
    from engine import datasets

    only = {name.strip() for name in options.only.split(",") if name.strip()}
    everything = options.set == "all"
    sets = [one.name for one in datasets.ALL] if everything else list(datasets.QUICK)
    trainers = environment.TRAINERS if everything else []
    scorers = environment.SCORERS if everything else []
    known = set(sets) | set(trainers) | set(scorers) | {"LightGBM"}
    if not only <= known:
        sys.exit("bench_engine: '%s' is none of %s" % (
            "', '".join(sorted(only - known)), ", ".join(sorted(known))))

    def kept(names):
        return [name for name in names if name in only] if only & set(names) else list(names)

    peers = ["LightGBM"] + [name for name in environment.OTHERS if name in trainers + scorers]
    peers = kept(peers)
    return (["LightGBM"] * ("LightGBM" in peers) + [name for name in trainers if name in peers],
            [name for name in scorers if name in peers], kept(sets))


def measure(options, missing):
    """Everything that was asked for, as one object."""
    from engine import datasets, report
    from engine.inference import InferenceBench
    from engine.programs import Pairs, Programs
    from engine.training import TrainingBench

    cores = Cores()
    scratch = environment.default_folder()
    programs = Programs(options.boreal, scratch, PARAMS)
    threads = [int(word) for word in options.threads.split(",")]
    trainers, scorers, names = chosen(options)
    pairs = Pairs(options.pairs, min(options.pairs, options.other_pairs))
    training = TrainingBench(programs, pairs, options.rounds)
    result = {
        "date": report.today(), "machine": report.machine(), "pairs": pairs.words(trainers),
        "packages": report.packages(environment.versions(programs.python), options.set == "all"),
        "command": command(options), "training": [], "inference": [], "equal": {},
        "other_work": 0.0,
        "skipped": ["%s: it cannot be installed from PyPI" % name for name in missing],
    }
    if "training" in options.parts.split(","):
        for name in names:
            dataset = datasets.named(name)
            datasets.prepare(dataset, scratch, options.scale)
            for count in threads:
                for peer in trainers:
                    if peer not in missing:
                        line = training.compare(dataset, count, peer)
                        result["training"] += [line] if line else []
                        keep(result, options)
    if "inference" in options.parts.split(","):
        dataset = datasets.named("dense")
        datasets.prepare(dataset, scratch, options.scale)
        trees = [int(word) for word in options.trees.split(",")]
        inference = InferenceBench(programs, dataset, pairs, options.seconds, trees)
        scorers = [name for name in scorers if name not in missing]
        for lines in inference.lines(scorers, threads):
            result["inference"] += lines
            result["equal"] = inference.equal
            keep(result, options)
        result["skipped"] += inference.skipped
    result["skipped"] += training.skipped
    result["other_work"] = cores.other_work()
    keep(result, options)
    return result


def keep(result, options):
    """Writes what is known by now, so that a run that is broken off was not for nothing."""
    for path in (os.path.join(environment.default_folder(), "last.json"), options.json):
        if path:
            with open(path, "w") as file:
                json.dump(result, file, indent=1)


def command(options):
    """How the run was started, by `make`."""
    words = ["BENCH=all"] if options.set == "all" else []
    if options.scale != 1:
        words.append("BENCH_SCALE=%g" % options.scale)
    if options.pairs != 3:
        words.append("PAIRS=%d" % options.pairs)
    if options.other_pairs != 1:
        words.append("OTHER_PAIRS=%d" % options.other_pairs)
    return " ".join(words + ["make bench-engine"])


def is_whole(options):
    """Whether the run is one whose figures the document may hold."""
    return (options.scale == 1 and options.pairs >= 3 and not options.only and not options.rounds
            and options.parts == "training,inference" and options.threads == "1,2"
            and options.trees == "100,500")


def main():
    options = arguments()
    if not options.render and not os.path.exists(options.boreal):
        sys.exit("bench_engine: no program '%s'; run 'make build'" % options.boreal)
    scratch = environment.default_folder()
    wanted = list(environment.OTHERS) if options.set == "all" else []
    missing = environment.enter(scratch, os.path.abspath(__file__), wanted)
    from engine import report

    if options.render:
        with open(options.render) as file:
            result = json.load(file)
    else:
        result = measure(options, missing)
    lines = report.render(result)
    print("\n".join(lines))
    idle = result["other_work"] <= OTHER_WORK_MAX
    if not idle:
        environment.say("other work took %.0f %% of the cores: these are no figures to keep"
                        % (100 * result["other_work"]))
    if options.write == "yes" or (
            options.write == "auto" and not options.render and is_whole(options) and idle):
        report.write(DOCUMENT, "bench-engine " + options.set, lines)
        environment.say("wrote %s" % DOCUMENT)


if __name__ == "__main__":
    main()
