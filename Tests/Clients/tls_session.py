#!/usr/bin/env python3
"""Drives a running Boreal server with and without TLS and compression, checks what arrives.

    python3 tls_session.py --host 127.0.0.1 --port 3307 --ca DIR/tls/server-cert.pem

Exit codes: 0 everything as documented, 1 something was not, 77 neither PyMySQL nor
mysql-connector-python is installed.
"""
import argparse
import hashlib
import sys

try:
    import pymysql
except ImportError:
    pymysql = None
try:
    import mysql.connector
except ImportError:
    mysql = None

ROWS = 20_000
LARGE = 17 << 20


class Wrong(Exception):
    """Something arrived that was not sent."""


def check(condition, message):
    if not condition:
        raise Wrong(message)


def status(cursor, name):
    cursor.execute("SHOW SESSION STATUS LIKE '%s'" % name)
    return dict(cursor.fetchall()).get(name)


def exchange(connection, tls, compressed):
    """Many rows, a value above 16 MiB both ways, and what the session says of its connection."""
    cursor = connection.cursor()
    cipher = status(cursor, "Ssl_cipher")
    check(bool(cipher) == tls, "Ssl_cipher is %r" % cipher)
    versions = ["TLSv1.2", "TLSv1.3"] if tls else [""]
    check(status(cursor, "Ssl_version") in versions, "Ssl_version is none of %r" % versions)
    wanted = "ON" if compressed else "OFF"
    check(status(cursor, "Compression") == wanted, "Compression is not %s" % wanted)
    cursor.execute(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000), "
        "m (j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM m WHERE j < %d) "
        "SELECT i + 1000 * j AS k, SHA1(i + 1000 * j) FROM m, n ORDER BY k" % (ROWS // 1000 - 1)
    )
    rows = cursor.fetchall()
    check(len(rows) == ROWS, "%d rows" % len(rows))
    for number, (key, digest) in enumerate(rows, 1):
        check(key == number, "row %d has key %r" % (number, key))
        expected = hashlib.sha1(b"%d" % number).hexdigest()
        check(text(digest) == expected, "row %d is %r" % (number, digest))
    value = hashlib.sha256(b"boreal").hexdigest() * (LARGE // 64)
    cursor.execute("SELECT '%s' AS v" % value)
    check(text(cursor.fetchone()[0]) == value, "the large value came back changed")
    for size in (0xffffff - 6, 0xffffff - 5, 0xffffff - 4, 0xffffff, 49, 50):
        cursor.execute("SELECT REPEAT('x', %d)" % size)
        check(len(cursor.fetchone()[0]) == size, "a value of %d bytes has another length" % size)
    cursor.close()
    connection.close()


def text(value):
    return value.decode() if isinstance(value, (bytes, bytearray)) else value


def with_pymysql(arguments):
    where = dict(
        host=arguments.host, port=arguments.port, user="root", password="",
        max_allowed_packet=64 << 20,
    )
    exchange(pymysql.connect(ssl_disabled=True, **where), False, False)
    exchange(pymysql.connect(ssl={}, **where), True, False)
    exchange(pymysql.connect(ssl={"ca": arguments.ca}, **where), True, False)


def with_connector(arguments, pure):
    """The driver compresses without looking whether the server can."""
    where = dict(
        host=arguments.host, port=arguments.port, user="root", password="", use_pure=pure
    )
    for tls in (False, True):
        for compressed in (False,) if arguments.tls_only else (False, True):
            more = dict(ssl_disabled=True)
            if tls:
                more = dict(ssl_ca=arguments.ca, ssl_verify_cert=True)
            connection = mysql.connector.connect(compress=compressed, **where, **more)
            exchange(connection, tls, compressed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3307)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--tls-only", action="store_true", help="leave compression out")
    arguments = parser.parse_args()
    if pymysql is None and mysql is None:
        print("neither PyMySQL nor mysql-connector-python is installed", file=sys.stderr)
        return 77
    try:
        if pymysql is not None:
            with_pymysql(arguments)
        if mysql is not None:
            with_connector(arguments, True)
            if mysql.connector.HAVE_CEXT:
                with_connector(arguments, False)
    except Wrong as wrong:
        print("tls_session: %s" % wrong, file=sys.stderr)
        return 1
    print("tls_session: as documented")
    return 0


sys.exit(main())
