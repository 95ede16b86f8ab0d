"""What CREATE MODEL does over a table of MariaDB's, with PyMySQL, pandas and LightGBM, in a process
of its own; prints one JSON object: `seconds` from the connection to the trained model, `read`
seconds of them until the table was there.

usage: python3 upstream_peer.py '{"port": N, "table": NAME, "columns": [NAME, ...], "label": NAME,
                                  "categories": [NAME, ...], "rounds": N, "parameters": {...}}'

The starting of Python and the loading of packages are not counted.
"""
import json
import sys
import time

import lightgbm
import pandas
import pymysql


def main(job):
    begun = time.monotonic()
    connection = pymysql.connect(host="127.0.0.1", port=job["port"], user="root", database="bench")
    names = job["columns"] + [job["label"]]
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s FROM %s" % (", ".join(names), job["table"]))
        frame = pandas.DataFrame(cursor.fetchall(), columns=names)
    for name in job["categories"]:
        frame[name] = frame[name].astype("category")
    read = time.monotonic() - begun
    data = lightgbm.Dataset(frame[job["columns"]], frame[job["label"]])
    lightgbm.train(dict(job["parameters"], objective="binary", verbosity=-1), data, job["rounds"])
    print(json.dumps({"seconds": time.monotonic() - begun, "read": read}))


main(json.loads(sys.argv[1]))
