#!/usr/bin/env python3
"""Asks a MariaDB for what the expressions of a functions file give.

usage: record_functions.py [--port PORT] record FILE    write the answers behind the expressions
       record_functions.py [--port PORT] check FILE     print every answer that is not the server's

Without a port it starts a server of its own. A line of the file is an expression, a tab, and the
text that a client sees; NULL is `\\N`, an error is `!` and its number, and `\\t`, `\\n`, `\\r`,
`\\0`, `\\\\` stand for a tab, line ends, a zero byte and a backslash; rows have `;` between them. A
line that begins with `SET ` is a statement that holds from there on; `#` begins a comment. New
lines are written without tab and answer: `record` fills them in.
"""
import sys

import scratch_mariadb


def escaped(text):
    for old, new in (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"), ("\0", "\\0")):
        text = text.replace(old, new)
    return text


def shown(value):
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        value = value.decode("utf-8")
    return escaped(str(value))


def answer(cursor, expression):
    import pymysql

    try:
        cursor.execute("SELECT " + expression)
        return ";".join(",".join(shown(value) for value in row) for row in cursor.fetchall())
    except pymysql.MySQLError as error:
        return "!%d" % error.args[0]


def run(connection, path, records):
    """Compares or writes one file; the number of differences."""
    cursor = connection.cursor()
    cursor.execute("SET sql_mode='%s', time_zone='+00:00'" % scratch_mariadb.MODE)
    with open(path, encoding="utf-8") as file:
        source = file.read().split("\n")
    lines, wrong, count = [], 0, 0
    for line in source:
        if not line or line.startswith("#"):
            lines.append(line)
            continue
        if line.startswith("SET "):
            cursor.execute(line)
            lines.append(line)
            continue
        expression, _, expected = line.partition("\t")
        now = answer(cursor, expression)
        lines.append(expression + "\t" + now)
        count += 1
        if now != expected:
            wrong += 1
            if not records:
                print("%s\n  file   %s\n  server %s" % (expression, expected, now))
    if records:
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    print("%d answers, %d differ" % (count, wrong))
    return 0 if records else wrong


def main():
    words = sys.argv[1:]
    port = None
    if words[:1] == ["--port"]:
        port, words = int(words[1]), words[2:]
    if len(words) != 2 or words[0] not in ("record", "check"):
        sys.exit(__doc__)
    scratch_mariadb.require()
    records = words[0] == "record"
    if port:
        import pymysql

        connection = pymysql.connect(
            host="127.0.0.1", port=port, user="root", charset="utf8mb4", autocommit=True, conv={}
        )
        wrong = run(connection, words[1], records)
    else:
        with scratch_mariadb.ScratchMariaDB() as connection:
            wrong = run(connection, words[1], records)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
