#!/usr/bin/env python3
"""Holds the README's session with a running Boreal server through PyMySQL and checks each answer.

Exit codes: 0 everything as documented, 1 an answer was not, 77 PyMySQL is not installed.
"""
import argparse
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request

try:
    import pymysql
    from pymysql.constants import FIELD_TYPE
except ImportError:
    print("PyMySQL is not installed", file=sys.stderr)
    sys.exit(77)

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "Fixtures", "data")
FEATURES = "Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-1[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}")
TEXT_TYPES = {FIELD_TYPE.VAR_STRING, FIELD_TYPE.VARCHAR, FIELD_TYPE.STRING, FIELD_TYPE.BLOB}
INTEGER_TYPES = {FIELD_TYPE.LONG, FIELD_TYPE.LONGLONG, FIELD_TYPE.SHORT, FIELD_TYPE.TINY}
DEADLINE_SECONDS = 120


class Wrong(Exception):
    """An answer that is not what the documentation says."""


def check(condition, message):
    if not condition:
        raise Wrong(message)


class Session:
    """One connection with the checks that every statement shares."""

    def __init__(self, arguments):
        self.connection = pymysql.connect(
            host=arguments.host,
            port=arguments.port,
            user=arguments.user,
            password=arguments.password,
            local_infile=True,
            autocommit=True,
            charset="utf8mb4",
        )

    def rows(self, sql, columns=None):
        """The rows of a statement that answers a result set; checks the names of its columns."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            check(cursor.description is not None, "no result set: " + sql)
            names = [column[0] for column in cursor.description]
            self.types = [column[1] for column in cursor.description]
            if columns is not None:
                check(names == columns, "columns %r, expected %r: %s" % (names, columns, sql))
            return cursor.fetchall()

    def done(self, sql):
        """The affected rows of a statement that answers OK."""
        with self.connection.cursor() as cursor:
            affected = cursor.execute(sql)
            check(cursor.description is None, "a result set instead of OK: " + sql)
            return affected

    def fails(self, sql, number, sentence=None):
        """Checks that a statement fails with that number (and text)."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
        except pymysql.MySQLError as error:
            check(error.args[0] == number, "error %r, expected %d: %s" % (error.args, number, sql))
            if sentence is not None:
                check(error.args[1] == sentence, "text %r, expected %r" % (error.args[1], sentence))
            return
        raise Wrong("no error %d: %s" % (number, sql))

    def wait(self, sql, columns, ends):
        """Repeats a statement until its first cell is one of `ends`; that row."""
        limit = time.monotonic() + DEADLINE_SECONDS
        while True:
            (row,) = self.rows(sql, columns)
            if row[0] in ends:
                return row
            state = (row[0], DEADLINE_SECONDS, sql)
            check(time.monotonic() < limit, "still %r after %d s: %s" % state)
            time.sleep(0.02)


def tables(session):
    """Databases, tables and rows."""
    session.done("CREATE DATABASE IF NOT EXISTS db4ai")
    session.done("USE db4ai")
    for part, count in (("train", 21632), ("test", 5337)):
        session.done("DROP TABLE IF EXISTS airlines_%s" % part)
        session.done(
            "CREATE TABLE airlines_%s (Airline VARCHAR(8), Flight INT, AirportFrom VARCHAR(8), "
            "AirportTo VARCHAR(8), DayOfWeek INT, Time INT, Length INT, Delay INT)" % part
        )
        path = os.path.join(DATA, "airlines_sample_%s.csv" % part)
        loaded = session.done(
            "LOAD DATA LOCAL INFILE '%s' INTO TABLE airlines_%s FIELDS TERMINATED BY ',' "
            "IGNORE 1 LINES" % (path, part)
        )
        check(loaded == count, "%d rows loaded of %d" % (loaded, count))
        ((counted,),) = session.rows("SELECT COUNT(*) FROM db4ai.airlines_%s" % part)
        check(counted == count, "COUNT(*) says %r, not %d" % (counted, count))
    rows = session.rows("SELECT * FROM airlines_test LIMIT 1")
    check(rows == (("AS", 662, "SEA", "DFW", 5, 730, 230, 0),), "first row: %r" % (rows,))


def training(session):
    """CREATE MODEL to the saved model and what may be asked about it."""
    affected = session.done(
        "/*polar4ai*/CREATE MODEL airlines_gbm WITH (model_class='lightgbm', x_cols='%s', "
        "y_cols='Delay', model_parameter=(boosting_type='gbdt', n_estimators=40, max_depth=8, "
        "num_leaves=256)) AS (SELECT * FROM db4ai.airlines_train)" % FEATURES
    )
    check(affected == 0, "CREATE MODEL: %d rows affected" % affected)
    columns = ["modelStatus", "modelPath"]
    row = session.wait("/*polar4ai*/SHOW MODEL airlines_gbm", columns, {"saved", "failed"})
    check(row[0] == "saved", "the model %r" % (row,))
    check(link_is_signed(row[1]), "modelPath %r" % row[1])
    listed = session.rows("/*polar4ai*/SHOW MODELS", ["model_name", "model_class", "model_status"])
    check(("airlines_gbm", "lightgbm", "saved") in listed, "SHOW MODELS: %r" % (listed,))
    ((name, text),) = session.rows(
        "/*polar4ai*/DESCRIBE MODEL airlines_gbm", ["model_name", "model_description"]
    )
    lines = text.split("\n")
    start = [
        "basic information:", "model_name:airlines_gbm", "model_class:lightgbm",
        "feature important:", "features,imp_gain,imp_split",
    ]
    check(name == "airlines_gbm" and lines[:5] == start, "DESCRIBE MODEL: %r" % text)
    gains = [float(line.split(",")[1]) for line in lines[5:] if line.count(",") == 2]
    check(len(gains) == 7 and gains == sorted(gains, reverse=True), "importances %r" % gains)
    check(abs(sum(gains) - 1) < 0.001, "importances add up to %f" % sum(gains))
    session.fails("/*polar4ai*/SHOW MODEL nobody", 9053, "Model 'nobody' does not exist")


def evaluation(session):
    """EVALUATE to the metrics of a finished task."""
    ((task,),) = session.rows(
        "/*polar4ai*/SELECT Delay FROM EVALUATE(MODEL airlines_gbm, "
        "SELECT * FROM db4ai.airlines_test) "
        "WITH (x_cols='%s', y_cols='Delay', metrics='acc')" % FEATURES,
        ["task_id"],
    )
    check(UUID.fullmatch(task), "task_id %r" % task)
    row = wait_for_task(session, task)
    check(row[0] == "finish", "the task %r" % (row,))
    check(re.fullmatch(r'\{"acc": 0\.\d{1,4}\}', row[2]), "results %r" % row[2])
    check(0.62 < json.loads(row[2])["acc"] < 0.70, "accuracy %s" % row[2])
    check(MOMENT.fullmatch(row[3]) and MOMENT.fullmatch(row[4]), "times %r" % (row[3:],))
    session.done("/*polar4ai*/DROP TASK `%s`" % task)
    session.fails("/*polar4ai*/SHOW TASK `%s`" % task, 9058)


def wait_for_task(session, task):
    columns = ["taskStatus", "filePath", "results", "startTime", "endTime"]
    return session.wait("/*polar4ai*/SHOW TASK `%s`" % task, columns, {"finish", "fail"})


def prediction(session):
    """PREDICT online, its limit of rows, and the offline form with its file."""
    inner = "SELECT * FROM db4ai.airlines_test"
    sql = "/*polar4ai*/SELECT Delay FROM PREDICT(MODEL airlines_gbm, %s) WITH (x_cols='%s'%s)"
    rows = session.rows(sql % (inner + " LIMIT 10", FEATURES, ""), ["Delay", "predicted_results"])
    check(len(rows) == 10, "%d rows" % len(rows))
    check(session.types[0] in INTEGER_TYPES, "Delay has type %d" % session.types[0])
    check(session.types[1] in TEXT_TYPES, "predicted_results has type %d" % session.types[1])
    check({row[1] for row in rows} <= {"0", "1"}, "predictions %r" % (rows,))
    check(len(session.rows(sql % (inner + " LIMIT 1000", FEATURES, ""))) == 1000, "1,000 rows")
    session.fails(
        sql % (inner + " LIMIT 1001", FEATURES, ""),
        9050,
        "Please limit the SQL selected data length to less than '1000' or convert to offline "
        "prediction",
    )
    ((task,),) = session.rows(sql % (inner, FEATURES, ", mode='async'"), ["task_id"])
    row = wait_for_task(session, task)
    check(row[0] == "finish", "the task %r" % (row,))
    columns = ["task_id", "task_type", "task_status", "start_timestr", "end_timestr"]
    tasks = {r[0]: r for r in session.rows("/*polar4ai*/SHOW TASKS", columns)}
    check(tasks[task][1:3] == ("prediction", "finish"), "SHOW TASKS: %r" % (tasks[task],))
    if row[1]:
        check(link_is_signed(row[1]), "filePath %r" % row[1])
        with urllib.request.urlopen(row[1], timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        check(lines[0] == "Delay,predicted_results", "the file begins %r" % lines[0])
        check(len(lines) == 5338, "the file has %d lines" % len(lines))
        altered_link_is_refused(row[1])


def link_is_signed(link):
    """True when a link has its parameters and is good for 100 minutes; empty without HTTP."""
    if link == "":
        return True
    match = re.search(r"[?&]Expires=(\d+)", link)
    members = "OSSAccessKeyId=" in link and "Signature=" in link
    return members and match is not None and abs(int(match.group(1)) - time.time() - 6000) < 60


def altered_link_is_refused(link):
    altered = re.sub(r"Expires=(\d+)", lambda m: "Expires=%d" % (int(m.group(1)) + 1), link)
    try:
        urllib.request.urlopen(altered, timeout=30)
    except urllib.error.HTTPError as error:
        check(error.code == 403, "an altered link answers %d" % error.code)
        return
    raise Wrong("an altered link was answered")


def ending(session):
    """DROP MODEL, and statements that must fail and leave nothing."""
    session.fails("/*polar4ai*/CREATE MODEL", 1064)
    session.fails(
        "/*polar4ai*/CREATE MODEL other WITH (model_class='nothing', x_cols='Flight', "
        "y_cols='Delay') AS (SELECT * FROM db4ai.airlines_train)",
        9051,
    )
    session.done("/*polar4ai*/DROP MODEL airlines_gbm")
    check(session.rows("/*polar4ai*/SHOW MODELS") == (), "a model is left")
    session.fails("/*polar4ai*/SHOW MODEL airlines_gbm", 9053)


def latin1(session, arguments):
    """A connection in latin1, whose texts others read in UTF-8."""
    session.done("CREATE TABLE db4ai.latin (c VARCHAR(20), b BLOB) CHARACTER SET utf8mb4")
    other = pymysql.connect(
        host=arguments.host, port=arguments.port, user=arguments.user,
        password=arguments.password, autocommit=True, charset="latin1", database="db4ai",
    )
    with other.cursor() as cursor:
        cursor.execute("INSERT INTO latin VALUES (%s, %s)", ("caf\u00e9", b"\xe9\x00'"))
        cursor.execute("SELECT c AS `\u00e9`, b, HEX(c) FROM latin WHERE c = 'caf\u00e9'")
        check(cursor.description[0][0] == "\u00e9", "a name is %r" % cursor.description[0][0])
        row = cursor.fetchone()
        check(row == ("caf\u00e9", b"\xe9\x00'", "636166C3A9"), "latin1 reads %r" % (row,))
    other.close()
    check(session.rows("SELECT c FROM db4ai.latin") == (("caf\u00e9",),), "UTF-8 reads latin1")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3307)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="")
    arguments = parser.parse_args()
    session = Session(arguments)
    for step in (tables, training, evaluation, prediction, ending):
        start = time.monotonic()
        step(session)
        print("%-12s %6.2f s" % (step.__name__, time.monotonic() - start), flush=True)
    latin1(session, arguments)


if __name__ == "__main__":
    try:
        main()
    except (Wrong, pymysql.MySQLError, OSError) as error:
        print("pymysql_session: %s" % error, file=sys.stderr)
        sys.exit(1)
