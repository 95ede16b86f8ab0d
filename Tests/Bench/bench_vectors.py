"""The exact search over a vector column beside numpy over the same numbers.

Starts the release build, loads `--rows` vectors of `--width` numbers, and asks for the ten nearest
by each metric: with the copy of the column in memory, without it (`vector_cache_bytes = 0`), and
with a condition, which makes SQLite sort row by row. numpy has the matrix in memory and computes
the same distances with its BLAS; its norms are computed in the query, as ours are. Medians of
milliseconds, and ours divided by numpy's.
"""

import argparse
import statistics
import sys
import tempfile
import time

import numpy
import pymysql

import servers


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--boreal", default=".build/release/boreal")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--runs", type=int, default=9)
    return parser.parse_args()


def median_ms(run, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def load(cursor, matrix):
    cursor.execute("CREATE DATABASE v")
    cursor.execute("USE v")
    cursor.execute(f"CREATE TABLE t (id INT PRIMARY KEY, v VECTOR({matrix.shape[1]}))")
    cursor.execute("START TRANSACTION")
    for first in range(0, len(matrix), 500):
        rows = [(first + i, row.tobytes()) for i, row in enumerate(matrix[first:first + 500])]
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", rows)
    cursor.execute("COMMIT")


def numpy_search(matrix, query, metric):
    if metric == "DOT":
        distance = matrix @ query
    elif metric == "COSINE":
        norms = numpy.einsum("ij,ij->i", matrix, matrix)
        distance = 1 - (matrix @ query) / numpy.sqrt(norms * (query @ query))
    else:
        norms = numpy.einsum("ij,ij->i", matrix, matrix)
        distance = numpy.sqrt(numpy.maximum(norms - 2 * (matrix @ query) + query @ query, 0))
    nearest = numpy.argpartition(distance, 10)[:10]
    return set(nearest[numpy.argsort(distance[nearest])].tolist())


def search(cursor, query, metric, condition=""):
    cursor.execute(
        f"SELECT id, DISTANCE(v, %s, %s) AS d FROM t {condition} ORDER BY d LIMIT 10",
        (query.tobytes(), metric),
    )
    return {row[0] for row in cursor.fetchall()}


def compare(server, matrix, query, options):
    connection = pymysql.connect(host="127.0.0.1", port=server.port, user="root", autocommit=True)
    cursor = connection.cursor()
    load(cursor, matrix)
    print(f"{options.rows} vectors of {options.width} numbers, the 10 nearest, ms\n")
    print("| metric | copy | no copy | row by row | numpy | copy / numpy |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for metric in ("COSINE", "EUCLIDEAN", "DOT"):
        wanted = numpy_search(matrix, query, metric)
        found = search(cursor, query, metric)
        if found != wanted:
            sys.exit(f"{metric}: {sorted(found)} are not numpy's {sorted(wanted)}")
        copy = median_ms(lambda: search(cursor, query, metric), options.runs)
        peer = median_ms(lambda: numpy_search(matrix, query, metric), options.runs)
        cursor.execute("SET GLOBAL vector_cache_bytes = 0")
        scan = median_ms(lambda: search(cursor, query, metric), 3)
        rows = median_ms(lambda: search(cursor, query, metric, "WHERE id >= 0"), 3)
        cursor.execute("SET GLOBAL vector_cache_bytes = '512M'")
        search(cursor, query, metric)
        print(
            f"| {metric} | {copy:.0f} | {scan:.0f} | {rows:.0f} | {peer:.0f} "
            f"| {copy / peer:.2f} |"
        )


def main():
    options = parse()
    random = numpy.random.default_rng(7)
    matrix = random.standard_normal((options.rows, options.width), dtype=numpy.float32)
    query = random.standard_normal(options.width, dtype=numpy.float32)
    with tempfile.TemporaryDirectory() as scratch:
        server = servers.start_boreal(options.boreal, scratch)
        try:
            compare(server, matrix, query, options)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
