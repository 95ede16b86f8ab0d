#!/usr/bin/env python3
"""Runs files of sqllogictest records on a real MariaDB.

usage: logic_records.py check FILE...     compare what MariaDB answers with the records
       logic_records.py record FILE...    write MariaDB's answers into the records

It starts a server of its own on a socket in a temporary folder and ends it. Without `mariadbd` or
PyMySQL it prints one line that says so and ends with status 77. Records are read as mysql's:
`onlyif mysql` and `skipif mariadb` lines are honoured.
"""

import hashlib
import sys

import scratch_mariadb

NAMES = {"mysql", "mariadb"}


class Record:
    """One statement or query: its lines as written, and what it expects."""

    def __init__(self, conditions, head, sql, expected, has_rule):
        self.conditions, self.head, self.sql = conditions, head, sql
        self.expected, self.has_rule = expected, has_rule

    @property
    def applies(self):
        for line in self.conditions:
            word, name = line.split()[:2]
            if word == "onlyif" and name not in NAMES:
                return False
            if word == "skipif" and name in NAMES:
                return False
        return True


def parse(text):
    """Blocks of a file: lists of lines as they are, or records."""
    blocks, threshold = [], 0
    for part in text.strip("\n").split("\n\n"):
        lines, conditions = part.split("\n"), []
        while lines and (lines[0].startswith("#") or lines[0].startswith(("onlyif ", "skipif "))):
            conditions.append(lines.pop(0))
        if not lines:
            blocks.append(part)
            continue
        if lines[0].startswith("hash-threshold"):
            threshold = int(lines[0].split()[1])
            blocks.append(part)
            continue
        head, body = lines[0], lines[1:]
        has_rule = "----" in body
        cut = body.index("----") if has_rule else len(body)
        record = Record(conditions, head, "\n".join(body[:cut]), body[cut + 1 :], has_rule)
        record.conditions = conditions
        record.threshold = threshold
        blocks.append(record)
    return blocks


def shown(value, letter):
    """A value as the format writes it."""
    if value is None:
        return "NULL"
    text = value.decode("utf8", "replace") if isinstance(value, bytes) else str(value)
    if letter == "I":
        return str(int(float(text))) if "." in text or "e" in text else text
    if letter == "R":
        return "%.3f" % float(text)
    return "".join(c if " " <= c else "@" for c in text) or "(empty)"


def answer(record, cursor):
    """Expected lines, as the server gives them, and an error number."""
    import pymysql

    try:
        cursor.execute(record.sql)
        rows = cursor.fetchall() if cursor.description else []
    except pymysql.MySQLError as error:
        return [], error.args[0]
    if not record.head.startswith("query"):
        return [], 0
    words = record.head.split()
    letters, sort = words[1], words[2] if len(words) > 2 else "nosort"
    table = [[shown(v, letters[min(i, len(letters) - 1)]) for i, v in enumerate(r)] for r in rows]
    if sort == "rowsort":
        table.sort()
    values = [value for row in table for value in row]
    if sort == "valuesort":
        values.sort()
    if record.threshold and len(values) > record.threshold:
        digest = hashlib.md5("".join(v + "\n" for v in values).encode()).hexdigest()
        return ["%d values hashing to %s" % (len(values), digest)], 0
    return values, 0


def differs(record, lines, number):
    words = record.head.split()
    if words[0] == "query":
        return number != 0 or lines != record.expected
    if words[1] == "ok":
        return number != 0
    return number == 0 or (len(words) > 2 and int(words[2]) != number)


def run(path, connection, writes):
    """Differences of one file; with `writes` the file is written anew instead."""
    cursor = connection.cursor()
    for statement in ("DROP DATABASE IF EXISTS d", "CREATE DATABASE d", "USE d"):
        cursor.execute(statement)
    out, count, wrong = [], 0, 0
    for block in parse(open(path, encoding="utf8").read()):
        if isinstance(block, str):
            out.append(block)
            continue
        if block.applies:
            count += 1
            lines, number = answer(block, cursor)
            if writes and block.head.startswith("query"):
                block.expected, block.has_rule = lines, True
            elif differs(block, lines, number):
                wrong += 1
                print("%s: %s\n  expected %s\n  got      %s %s" % (
                    path, block.sql, block.expected or block.head, lines, number or ""))
        rule = ["----"] + block.expected if block.has_rule else []
        out.append("\n".join(block.conditions + [block.head] + block.sql.split("\n") + rule))
    if writes:
        with open(path, "w", encoding="utf8") as file:
            file.write("\n\n".join(out) + "\n")
    return count, wrong


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("check", "record"):
        sys.exit(__doc__)
    scratch_mariadb.require()
    with scratch_mariadb.ScratchMariaDB(mode=None) as connection:
        results = [run(path, connection, sys.argv[1] == "record") for path in sys.argv[2:]]
    wrong = sum(result[1] for result in results)
    print("%d records, %d differ" % (sum(result[0] for result in results), wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
