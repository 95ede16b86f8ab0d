#!/usr/bin/env python3
"""Prints what a driver makes of the error of a statement: its number and its sentence.

Exit codes: 0 there was an error, 1 there was none, 77 the driver is not installed.
"""
import argparse
import importlib
import sys

MODULES = {
    "pymysql": "pymysql", "mysqldb": "MySQLdb", "mariadb": "mariadb",
    "connector-pure": "mysql.connector", "connector-c": "mysql.connector",
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver", choices=MODULES)
    parser.add_argument("--port", type=int, default=3307)
    arguments = parser.parse_args()
    more = {}
    try:
        driver = importlib.import_module(MODULES[arguments.driver])
        if arguments.driver.startswith("connector"):
            more["use_pure"] = arguments.driver == "connector-pure"
            if not more["use_pure"] and not driver.HAVE_CEXT:
                raise ImportError("mysql-connector-python without its C extension")
    except ImportError as missing:
        print(missing, file=sys.stderr)
        sys.exit(77)
    try:
        # Some drivers set their session up as they connect.
        connection = driver.connect(
            host="127.0.0.1", port=arguments.port, user="root", password="", **more)
        connection.cursor().execute("SELECT 1")
    except driver.Error as error:
        print(getattr(error, "errno", None) or error.args[0], error)
        sys.exit(0)
    print("no error", file=sys.stderr)
    sys.exit(1)


main()
