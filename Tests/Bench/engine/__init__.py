"""The parts of bench_engine.py: data sets, packages, runs of one program, comparisons, report."""
