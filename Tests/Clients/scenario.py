"""What the Python programs share: the files of the scenario, and values in their canonical form."""
import datetime as dt
import os
from decimal import Decimal

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scenario")


def setting(name, default=""):
    return os.environ.get("BOREAL_" + name, default)


HOST = setting("HOST", "127.0.0.1")
PORT = int(setting("PORT", "3307"))
USER = setting("USER", "root")
PASSWORD = setting("PASSWORD")
DATABASE = setting("DATABASE", "clients")
TLS = setting("TLS") == "on"
CA = setting("TLS_CA")
COMPRESS = setting("COMPRESS") == "on"


def lines(name):
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read().split("\n")[:-1]


def statements():
    """The statements of each part of statements.txt, by its name."""
    parts = {}
    for line in lines("statements.txt"):
        for word, value in (
            ("@LOAD@", os.path.join(FOLDER, "load.csv")),
            ("@MODEL@", DATABASE + "_model"),
            ("@DATABASE@", DATABASE),
        ):
            line = line.replace(word, value)
        if line.startswith("-- "):
            part = parts.setdefault(line[3:], [])
        else:
            part.append(line)
    return parts


SQL = statements()
NAMES, KINDS, *ROWS = [line.split("\t") for line in lines("rows.tsv")]


def native(text, kind):
    """The value that a driver binds for a cell of rows.tsv."""
    if text == "NULL":
        return None
    if kind == "int":
        return int(text)
    if kind == "bit":
        return int(text, 16)
    if kind == "decimal":
        return Decimal(text)
    if kind == "float":
        return float(text)
    if kind == "date":
        return dt.date.fromisoformat(text)
    if kind in ("datetime", "timestamp"):
        return dt.datetime.fromisoformat(text)
    if kind == "time":
        hours, minutes, seconds = text.lstrip("-").split(":")
        value = dt.timedelta(
            hours=int(hours), minutes=int(minutes), seconds=int(seconds[:2]),
            microseconds=int(seconds[3:]))
        return -value if text.startswith("-") else value
    return bytes.fromhex(text) if kind == "bytes" else text


def time_text(value):
    sign, value = ("-", -value) if value < dt.timedelta(0) else ("", value)
    seconds = value.days * 86400 + value.seconds
    return "%s%02d:%02d:%02d.%06d" % (
        sign, seconds // 3600, seconds // 60 % 60, seconds % 60, value.microseconds)


def canonical(value, kind="text"):
    """A value as rows.tsv has it."""
    if value is None:
        return "NULL"
    if kind == "bytes":
        return bytes(value).hex()
    if kind == "bit":
        return "%04x" % (value if isinstance(value, int) else int.from_bytes(value, "big"))
    if isinstance(value, (bytes, bytearray)):
        value = value.decode("utf-8")
    if isinstance(value, (set, frozenset)):
        return ",".join(sorted(value))
    if isinstance(value, dt.timedelta):
        return time_text(value)
    if isinstance(value, dt.datetime):
        text = value.isoformat(" ", "microseconds")
        return text[:19] if kind == "timestamp" else text
    if isinstance(value, (float, Decimal)) and kind in ("text", "float"):
        return repr(float(value)).removesuffix(".0")
    return str(value)


def show(name, *values):
    print("\t".join([name, *(canonical(value) for value in values)]), flush=True)


def show_row(name, row):
    print("\t".join([name, *map(canonical, row, KINDS)]), flush=True)
