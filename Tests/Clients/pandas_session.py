#!/usr/bin/env python3
"""Writes frames with pandas (over SQLAlchemy) to a running server and reads them back.

Exit codes: 0 everything as expected, 1 something was not, 77 a package is not installed.
"""
import argparse
import sys

try:
    import pandas as pd
    import sqlalchemy as sa
except ImportError as missing:
    print("%s" % missing, file=sys.stderr)
    sys.exit(77)


def check(value, expected, what):
    if value != expected:
        raise AssertionError("%s: %r instead of %r" % (what, value, expected))


def round_trip(engine):
    """to_sql and read_sql in their forms."""
    frame = pd.DataFrame(
        {
            "a": [1, 2, 3],
            "b": ["x", None, "ü"],
            "c": [1.5, float("nan"), -2.25e-8],
            "d": pd.to_datetime(["2024-01-01 00:00:00", "2024-02-29 12:00:01", None]),
            "e": [True, False, True],
        }
    )
    for attempt in range(2):
        # Some drivers do not tell how many.
        written = frame.to_sql("t", engine, index=False, if_exists="replace")
        check(written in (3, -1), True, "rows written")
    frame.to_sql("t", engine, index=False, if_exists="append", method="multi")
    back = pd.read_sql("select * from t order by a, e", engine)
    check(list(back.columns), list("abcde"), "columns")
    check(len(back), 6, "rows read")
    check(list(back["a"]), [1, 1, 2, 2, 3, 3], "integers")
    check(back["b"][4], "ü", "text")
    check(back["c"][4], -2.25e-8, "doubles")
    check(bool(back["c"].isna()[2]), True, "NULL for NaN")
    check(str(back["d"][2]), "2024-02-29 12:00:01", "datetimes")
    check(list(back["e"]), [1, 1, 0, 0, 1, 1], "booleans")
    check(str(pd.read_sql_table("t", engine)["a"].dtype), "int64", "read_sql_table")
    try:
        frame.to_sql("t", engine, index=False, if_exists="fail")
    except ValueError:
        pass
    else:
        raise AssertionError("an existing table was not noticed")
    parts = pd.read_sql_query(
        sa.text("select a, count(*) as n from t where a >= :low group by a"),
        engine,
        params={"low": 2},
        chunksize=1,
    )
    check([list(part["n"]) for part in parts], [[2], [2]], "chunks")


def index(engine):
    """A frame with its index, many rows at once."""
    frame = pd.DataFrame({"v": range(5000)})
    frame.index.name = "k"
    frame.to_sql("many", engine, if_exists="replace", chunksize=1000)
    back = pd.read_sql("select sum(v) as s, max(k) as m from many", engine)
    check((int(back["s"][0]), int(back["m"][0])), (12497500, 4999), "sums")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3307)
    parser.add_argument("--driver", default="pymysql")
    arguments = parser.parse_args()
    address = "mysql+%s://root:@%s:%d/" % (arguments.driver, arguments.host, arguments.port)
    with sa.create_engine(address).connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE IF NOT EXISTS frames CHARACTER SET utf8mb4")
    engine = sa.create_engine(address + "frames?charset=utf8mb4")
    for step in (round_trip, index):
        step(engine)
        print(step.__name__, flush=True)


if __name__ == "__main__":
    try:
        main()
    except ModuleNotFoundError as missing:
        print("%s" % missing, file=sys.stderr)
        sys.exit(77)
    except (AssertionError, sa.exc.SQLAlchemyError) as error:
        print("pandas_session: %s" % error, file=sys.stderr)
        sys.exit(1)
