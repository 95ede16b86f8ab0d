#!/usr/bin/env python3
"""Plays the scenario (README.md) through a driver of Python: python_session.py DRIVER

DRIVER is pymysql, mysqldb, connector-pure, connector-c, mariadb, pyodbc, aiomysql or asyncmy. Where
the server is stands in the environment. Exit codes: 0 played to its end, 1 a driver's error, 77
the driver is not installed.
"""
import asyncio
import datetime as dt
import importlib
import ssl
import sys
import time

from scenario import (
    CA, COMPRESS, DATABASE, HOST, KINDS, PASSWORD, PORT, ROWS, SQL, TLS, USER, native, show,
    show_row, time_text)


def tls_context():
    """Checks the certificate where its authority is named."""
    context = ssl.create_default_context(cafile=CA or None)
    context.check_hostname = False
    if not CA:
        context.verify_mode = ssl.CERT_NONE
    return context


def every_row(cursor, sql):
    """The rows of all results of a text."""
    cursor.execute(sql)
    while True:
        if cursor.description:
            yield from cursor.fetchall()
        if not cursor.nextset():
            return


class Driver:
    """PyMySQL's ways; the others say where they differ."""

    module = "pymysql"
    marker = "%s"
    lacks = ()

    def __init__(self):
        self.api = importlib.import_module(self.module)
        self.connection = self.connect()

    def connect(self):
        from pymysql.constants import CLIENT

        return self.api.connect(
            host=HOST, port=PORT, user=USER, password=PASSWORD, local_infile=True,
            client_flag=CLIENT.MULTI_STATEMENTS, charset="utf8mb4",
            ssl=tls_context() if TLS else None, ssl_disabled=None if TLS else True)

    def ask(self, sql, values=None):
        """The rows, or the affected rows and the last number."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            if cursor.description:
                return list(cursor.fetchall())
            return cursor.rowcount, cursor.lastrowid

    def bound(self, sql, values):
        """The same with values bound; by a prepared statement where the driver has them."""
        return self.ask(sql.replace("%", "%%").replace("?", self.marker), values)

    def bindable(self, value):
        """The value, or its text where the driver sends another one."""
        return value

    def readable(self, select):
        """The select without what the driver cannot read from any server."""
        return select

    def commit(self):
        self.connection.commit()

    def rollback(self):
        self.connection.rollback()

    def problem(self, error):
        """Number and SQLSTATE; None where the driver hides the latter."""
        return error.args[0], None

    def streaming(self):
        """A cursor that holds no rows."""
        return self.connection.cursor(self.api.cursors.SSCursor)

    def stream(self, sql):
        with self.streaming() as cursor:
            cursor.execute(sql)
            yield from cursor

    def multi(self, sql):
        with self.connection.cursor() as cursor:
            yield from every_row(cursor, sql)

    def ping(self):
        self.connection.ping(reconnect=False)

    def close(self):
        self.connection.close()

    def inspect(self):
        """Asks for tables, columns and keys, where the driver has names for that."""


class MySQLdb(Driver):
    module = "MySQLdb"
    lacks = ("state", "reset")

    def connect(self):
        mode = {"ssl_mode": "REQUIRED", "ssl": {"ca": CA} if CA else {}} if TLS else {}
        return self.api.connect(
            host=HOST, port=PORT, user=USER, password=PASSWORD, local_infile=1, charset="utf8mb4",
            **mode, **({"compress": 1} if COMPRESS else {}))

    def streaming(self):
        from MySQLdb import cursors

        return self.connection.cursor(cursors.SSCursor)

    def ping(self):
        self.connection.ping()

    def change(self):
        self.connection.change_user(USER, PASSWORD, DATABASE)


class Connector(Driver):
    module = "mysql.connector"
    pure = True
    # Compressed, the pure form refuses to change the user.
    lacks = ("change",) if COMPRESS else ()

    def connect(self):
        more = {"ssl_ca": CA, "ssl_verify_cert": bool(CA)} if CA else {}
        return self.api.connect(
            host=HOST, port=PORT, user=USER, password=PASSWORD, allow_local_infile=True,
            use_pure=self.pure, compress=COMPRESS, ssl_disabled=not TLS, charset="utf8mb4", **more)

    def bound(self, sql, values):
        if not hasattr(self, "prepared"):
            self.prepared = self.connection.cursor(prepared=True)
        self.prepared.execute(sql, values)
        if self.prepared.description:
            return list(self.prepared.fetchall())
        return self.prepared.rowcount, self.prepared.lastrowid

    def bindable(self, value):
        # Long and negative times go out wrong.
        return time_text(value) if isinstance(value, dt.timedelta) else value

    def readable(self, select):
        # Prepared, it misreads negative times and YEAR, which has two bytes.
        return select.replace("c_year", "c_year + 0").replace("c_time,", "CAST(c_time AS CHAR),")

    def problem(self, error):
        return error.errno, error.sqlstate

    def streaming(self):
        return self.connection.cursor(buffered=False)

    def ping(self):
        self.connection.ping()

    def reset(self):
        self.connection.cmd_reset_connection()

    def change(self):
        self.connection.cmd_change_user(USER, PASSWORD, DATABASE)


class ConnectorC(Connector):
    pure = False
    lacks = ()

    def bindable(self, value):
        # Numbers above 2^63 go out as negative ones, doubles with the precision of FLOAT.
        if isinstance(value, float) or (isinstance(value, int) and value >= 2**63):
            return str(value)
        return super().bindable(value)

    def readable(self, select):
        return select.replace("c_ubig", "CAST(c_ubig AS CHAR)")

    def multi(self, sql):
        if self.api.__version_info__ >= (9, 2):
            yield from super().multi(sql)
            return
        with self.connection.cursor() as cursor:
            for result in cursor.execute(sql, multi=True):
                if result.with_rows:
                    yield from result.fetchall()

    def connect(self):
        if not importlib.import_module("mysql.connector").HAVE_CEXT:
            raise ImportError("mysql-connector-python without its C extension")
        return super().connect()


class MariaDB(Driver):
    module = "mariadb"

    def connect(self):
        more = {"ssl_ca": CA} if CA else {}
        return self.api.connect(
            host=HOST, port=PORT, user=USER, password=PASSWORD, local_infile=True,
            compress=COMPRESS, ssl=TLS, ssl_verify_cert=bool(CA) and TLS,
            client_flag=1 << 16, **more)

    def bound(self, sql, values):
        with self.connection.cursor(binary=True) as cursor:
            cursor.execute(sql, values)
            if cursor.description:
                return list(cursor.fetchall())
            return cursor.rowcount, cursor.lastrowid

    def bindable(self, value):
        # It drops the days of times.
        return time_text(value) if isinstance(value, dt.timedelta) else value

    def readable(self, select):
        # Prepared, it reads a negative TINYINT as a positive one.
        return select.replace("c_tiny", "c_tiny + 0")

    def problem(self, error):
        return error.errno, error.sqlstate

    def streaming(self):
        return self.connection.cursor(buffered=False)

    def ping(self):
        self.connection.ping()

    def reset(self):
        self.connection.reset()

    def change(self):
        self.connection.change_user(USER, PASSWORD, DATABASE)


class ODBC(Driver):
    module = "pyodbc"
    lacks = ("change", "reset", "ping")

    def connect(self):
        drivers = [name for name in self.api.drivers() if "MariaDB" in name]
        if not drivers:
            raise ImportError("no MariaDB driver of ODBC")
        more = "FORCETLS=1;" + ("SSLCA=%s;SSLVERIFY=1;" % CA if CA else "") if TLS else ""
        return self.api.connect(
            "DRIVER={%s};SERVER=%s;PORT=%d;UID=%s;PWD={%s};CHARSET=utf8mb4;"
            "OPTION=%d;%s" % (
                drivers[0], HOST, PORT, USER, PASSWORD, (1 << 26) | (2048 if COMPRESS else 0),
                more))

    def ask(self, sql, values=()):
        # Its cursors commit when a `with` ends.
        cursor = self.connection.cursor()
        cursor.execute(sql, *(values or ()))
        if cursor.description:
            return [tuple(row) for row in cursor.fetchall()]
        return cursor.rowcount, cursor.execute("SELECT LAST_INSERT_ID()").fetchone()[0]

    def bound(self, sql, values):
        return self.ask(sql, values)

    def bindable(self, value):
        # It has no type for a TIME, no number above 2^63, and drops fractions of a second.
        if isinstance(value, dt.datetime) or (isinstance(value, int) and value >= 2**63):
            return str(value)
        return time_text(value) if isinstance(value, dt.timedelta) else value

    def readable(self, select):
        # It takes an unsigned 32-bit number for a signed one, and does not know MySQL's JSON.
        for name, readable in (
            ("c_time", "CAST(c_time AS CHAR)"), ("c_json", "CAST(c_json AS CHAR)"),
            ("c_uint", "c_uint + 0"),
        ):
            select = select.replace(name + ",", readable + ",")
        return select

    def inspect(self):
        cursor = self.connection.cursor()
        columns = cursor.columns("loaded", DATABASE).fetchall()
        (key,) = cursor.primaryKeys("numbered", DATABASE).fetchall()
        show("inspect", len(columns), key.column_name)
        for ask in (
            cursor.tables, lambda: cursor.statistics("numbered", DATABASE),
            lambda: cursor.rowIdColumns("numbered", DATABASE),
            lambda: cursor.rowVerColumns("numbered", DATABASE),
            lambda: cursor.foreignKeys("numbered", DATABASE), cursor.procedures,
            cursor.procedureColumns, cursor.getTypeInfo,
        ):
            ask().fetchall()

    def problem(self, error):
        number = error.args[1].rsplit("(", 2)
        return int(number[-2].split(")")[0]), error.args[0]

    def stream(self, sql):
        yield from self.connection.cursor().execute(sql)

    def multi(self, sql):
        yield from every_row(self.connection.cursor(), sql)


class Async(Driver):
    """aiomysql, and asyncmy which has the same names."""

    module = "aiomysql"
    lacks = ("state", "reset", "change")

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        super().__init__()

    def wait(self, work):
        return self.loop.run_until_complete(work)

    def connect(self):
        return self.wait(self.api.connect(
            host=HOST, port=PORT, user=USER, password=PASSWORD, local_infile=True,
            charset="utf8mb4", ssl=tls_context() if TLS else None, **self.more()))

    def more(self):
        return {"loop": self.loop}

    def bound(self, sql, values):
        """aiomysql 0.3.2 fails on bytes beside a newer PyMySQL: they go as literals."""
        first, *rest = sql.replace("%", "%%").split("?")
        marks = ["x'%s'" % value.hex() if isinstance(value, bytes) else "%s" for value in values]
        text = first + "".join(mark + part for mark, part in zip(marks, rest))
        return self.ask(text, [value for value in values if not isinstance(value, bytes)])

    def ask(self, sql, values=None):
        async def work():
            async with self.connection.cursor() as cursor:
                await cursor.execute(sql, values)
                if cursor.description:
                    return list(await cursor.fetchall())
                return cursor.rowcount, cursor.lastrowid
        return self.wait(work())

    def commit(self):
        self.wait(self.connection.commit())

    def rollback(self):
        self.wait(self.connection.rollback())

    def streaming(self):
        return self.connection.cursor(self.api.SSCursor)

    def stream(self, sql):
        async def work():
            rows = []
            async with self.streaming() as cursor:
                await cursor.execute(sql)
                while row := await cursor.fetchone():
                    rows.append(row)
            return rows
        yield from self.wait(work())

    def multi(self, sql):
        async def work():
            rows = []
            async with self.connection.cursor() as cursor:
                await cursor.execute(sql)
                while True:
                    if cursor.description:
                        rows += await cursor.fetchall()
                    if not await cursor.nextset():
                        return rows
        yield from self.wait(work())

    def ping(self):
        self.wait(self.connection.ping(reconnect=False))


class AsyncMy(Async):
    module = "asyncmy"
    # Version 0.2.18 fails in its own code when asked for a file.
    lacks = Async.lacks + ("load",)

    def more(self):
        return {}

    def streaming(self):
        from asyncmy.cursors import SSCursor

        return self.connection.cursor(SSCursor)


DRIVERS = {
    "pymysql": Driver, "mysqldb": MySQLdb, "connector-pure": Connector, "connector-c": ConnectorC,
    "mariadb": MariaDB, "pyodbc": ODBC, "aiomysql": Async, "asyncmy": AsyncMy,
}


def values(driver):
    """All column types, as text and bound."""
    for row in driver.ask(SQL["hello"][0]):
        show("hello", *row)
    (_, cipher), = driver.ask("SHOW STATUS LIKE 'Ssl_cipher'")
    (_, compression), = driver.ask("SHOW STATUS LIKE 'Compression'")
    show("wire", "on" if cipher else "off", compression)
    for sql in SQL["schema"]:
        driver.ask(sql)
    for row in driver.ask(driver.readable(SQL["text"][0])):
        show_row("text", row)
    insert, select = SQL["prepared"]
    select = driver.readable(select)
    for row in ROWS:
        cells = [driver.bindable(native(*cell)) for cell in zip(row, KINDS)]
        driver.bound(insert, [cells[0] + 10] + cells[1:])
    for row in driver.bound(select, [10]):
        show_row("prepared", row)
    for row in driver.ask(SQL["stored"][0]):
        show("stored", *row)
    driver.inspect()


def changes(driver):
    """What statements report, transactions, errors, files."""
    show("changed", *driver.ask(SQL["changed"][0]))
    insert, count = SQL["transaction"]
    driver.commit()
    driver.ask(insert)
    driver.rollback()
    ((gone,),) = driver.ask(count)
    driver.ask(insert)
    driver.commit()
    driver.rollback()
    show("transaction", gone, driver.ask(count)[0][0])
    for sql in SQL["errors"]:
        try:
            driver.ask(sql)
            show("error", "none")
        except driver.api.Error as error:
            number, state = driver.problem(error)
            show("error", number)
            if "state" not in driver.lacks and state is not None:
                show("state", state)
    if "load" not in driver.lacks:
        load, totals = SQL["load"]
        show("load", driver.ask(load)[0])
        show("loaded", *driver.ask(totals)[0])
        driver.commit()


def results(driver):
    """Many rows, many results, and the commands beside statements."""
    count = total = 0
    for row in driver.stream(SQL["stream"][0]):
        count, total = count + 1, total + row[0]
    show("stream", count, total)
    for row in driver.multi(SQL["multi"][0]):
        show("multi", *row)
    mark, marked = SQL["mark"]
    for name in ("ping", "reset", "change"):
        if name not in driver.lacks and hasattr(driver, name):
            driver.ask(mark)
            getattr(driver, name)()
            show(name, *driver.ask(marked)[0])


def model(driver):
    """CREATE MODEL to PREDICT to DROP MODEL."""
    driver.ask("USE " + DATABASE)
    *tables, create, state, predict, drop = SQL["model"]
    for sql in tables:
        driver.ask(sql)
    driver.commit()
    driver.ask(create)
    status = None
    limit = time.monotonic() + 60
    while status not in ("saved", "failed") and time.monotonic() < limit:
        time.sleep(0.02)
        status = driver.ask(state)[0][0]
    show("model", status)
    for row in driver.bound(predict, [5, 150]):
        show("predict", *row)
    driver.ask(drop)
    try:
        driver.ask(state)
    except driver.api.Error as error:
        show("dropped", driver.problem(error)[0])


def main():
    try:
        driver = DRIVERS[sys.argv[1]]()
    except ImportError as missing:
        print(missing, file=sys.stderr)
        sys.exit(77)
    driver.ask("DROP DATABASE IF EXISTS " + DATABASE)
    driver.ask("CREATE DATABASE %s CHARACTER SET utf8mb4" % DATABASE)
    driver.ask("USE " + DATABASE)
    values(driver)
    changes(driver)
    results(driver)
    if "model" not in sys.argv[2:]:
        model(driver)
    driver.ask("DROP DATABASE " + DATABASE)
    driver.close()


main()
