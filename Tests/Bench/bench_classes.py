#!/usr/bin/env python3
"""The model classes of Boreal beside the libraries that people would otherwise use.

usage: bench_classes.py --boreal .build/release/boreal [--pairs N] [--scale F] [--threads 1,2]
                        [--only WORD,WORD] [--json FILE] [--render FILE] [--write yes|no|auto]

Both sides get the same rows, parameters and threads. Each pair is one run of either in a process of
its own, A B A B. A ratio is the library's time divided by Boreal's of the same pair: above 1 Boreal
is faster. Quality on held-out rows is judged by the same code for both. `--only` takes the cases
that have one of the words in their name.

What is compared with is installed from PyPI into BENCH_CACHE (default ~/.cache/boreal-bench), where
the tables are kept too. A whole run on an idle machine replaces the section of docs/benchmarks.md;
a scaled or partial one only prints.
"""
import argparse
import json
import os
import sys

from bench_engine import DOCUMENT, OTHER_WORK_MAX, Cores
from engine import environment


def arguments():
    """The command line; the environment has the defaults that `make` hands on."""
    default = os.environ.get
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--boreal", default=".build/release/boreal")
    parser.add_argument("--pairs", type=int, default=int(default("PAIRS", 3)))
    parser.add_argument("--scale", type=float, default=float(default("BENCH_SCALE", 1)))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--only", default="", help="words of the names of cases")
    parser.add_argument("--json", help="also keep every run there")
    parser.add_argument("--render", help="print the table of such a file again, measure nothing")
    parser.add_argument("--write", choices=["yes", "no", "auto"], default="auto")
    return parser.parse_args()


def chosen(options):
    """The cases that were asked for."""
    import classes

    words = [word.strip() for word in options.only.split(",") if word.strip()]
    cases = [case for case in classes.all_cases()
             if not words or any(word in case.name.split() for word in words)]
    if not cases:
        sys.exit("bench_classes: no case has '%s' in its name; there are:\n  %s" % (
            options.only, "\n  ".join(case.name for case in classes.all_cases())))
    return cases


def measure(options, missing):
    """Everything that was asked for, as one object."""
    from classes.comparing import ClassBench
    from engine import datasets, report
    from engine.programs import Programs

    cores = Cores()
    scratch = environment.default_folder()
    programs = Programs(options.boreal, scratch, {})
    bench = ClassBench(programs, options.pairs)
    cases = chosen(options)
    packages = dict.fromkeys(case.package for case in cases)
    result = {
        "date": report.today(), "machine": report.machine(), "pairs": options.pairs,
        "packages": ", ".join("%s %s" % (name, environment.OTHERS[name][0][0].split("==")[1])
                              for name in packages if name not in missing),
        "command": "make bench-classes", "lines": [], "skipped": [], "other_work": 0.0,
    }
    for case in cases:
        if case.package in missing:
            bench.skip("%s: %s cannot be installed" % (case.name, case.package))
            continue
        datasets.prepare(case.table, scratch, options.scale)
        for count in [int(word) for word in options.threads.split(",")]:
            line = bench.compare_case(case, count)
            result["lines"] += [line] if line else []
            result["skipped"], result["other_work"] = bench.skipped, cores.other_work()
            keep(result, options)
    result["skipped"], result["other_work"] = bench.skipped, cores.other_work()
    keep(result, options)
    return result


def keep(result, options):
    """Writes what is known by now, so that a run that is broken off was not for nothing."""
    for path in (os.path.join(environment.default_folder(), "last-classes.json"), options.json):
        if path:
            with open(path, "w") as file:
                json.dump(result, file, indent=1)


def is_whole(options):
    """Whether the run is one whose figures the document may hold."""
    return (options.scale == 1 and options.pairs >= 3 and not options.only
            and options.threads == "1,2")


def main():
    options = arguments()
    if not options.render and not os.path.exists(options.boreal):
        sys.exit("bench_classes: no program '%s'; run 'make build'" % options.boreal)
    scratch = environment.default_folder()
    words = options.only.split(",")
    wanted = ["scikit-learn"] + (["PyTorch"] if {"", "bst", "PyTorch"} & set(words) else [])
    missing = environment.enter(scratch, os.path.abspath(__file__), wanted)
    from classes import comparing
    from engine import report

    if options.render:
        with open(options.render) as file:
            result = json.load(file)
    else:
        result = measure(options, missing)
    lines = comparing.render(result)
    print("\n".join(lines))
    idle = result["other_work"] <= OTHER_WORK_MAX
    if not idle:
        environment.say("other work took %.0f %% of the cores: these are no figures to keep"
                        % (100 * result["other_work"]))
    if options.write == "yes" or (
            options.write == "auto" and not options.render and is_whole(options) and idle):
        report.write(DOCUMENT, "bench-classes", lines)
        environment.say("wrote %s" % DOCUMENT)


if __name__ == "__main__":
    main()
