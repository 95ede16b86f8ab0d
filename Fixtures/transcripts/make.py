#!/usr/bin/env python3
"""Writes the transcripts of this folder: a second implementation of the packets, made from the MySQL manual only.

Needs Python 3 with `cryptography`. RSA-OAEP is random, so `caching-sha2-rsa*.txt` and their likes change when made again.
"""
import hashlib
import os
import struct
import zlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

HERE = os.path.dirname(os.path.abspath(__file__))
NONCE = bytes(range(0x41, 0x41 + 20))
VERSION = b"8.0.36-boreal"
NATIVE, SHA2 = b"mysql_native_password", b"caching_sha2_password"

# Capability bits by the manual's names.
LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB, LOCAL_FILES = 1, 2, 4, 8, 0x80
PROTOCOL_41, TRANSACTIONS, SECURE, MULTI_STATEMENTS, MULTI_RESULTS = 0x200, 0x2000, 0x8000, 1 << 16, 1 << 17
PLUGIN_AUTH, CONNECT_ATTRS, LENENC, SESSION_TRACK, DEPRECATE_EOF = 1 << 19, 1 << 20, 1 << 21, 1 << 23, 1 << 24
QUERY_ATTRIBUTES = 1 << 27
SSL, COMPRESS = 0x800, 0x20
SERVER = (LONG_PASSWORD | FOUND_ROWS | LONG_FLAG | CONNECT_WITH_DB | 0x40 | LOCAL_FILES | 0x100 | PROTOCOL_41 | 0x400 | 0x1000
          | TRANSACTIONS | 0x4000 | SECURE | MULTI_STATEMENTS | MULTI_RESULTS | PLUGIN_AUTH | CONNECT_ATTRS | LENENC
          | 1 << 18 | 1 << 22 | SESSION_TRACK | DEPRECATE_EOF | QUERY_ATTRIBUTES)
BASE = LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE | MULTI_RESULTS | PLUGIN_AUTH | LENENC
AUTOCOMMIT = 2
MALFORMED = b"\xff\x2b\x07#HY000Malformed communication packet."


def sha1(*b): return hashlib.sha1(b"".join(b)).digest()
def sha256(*b): return hashlib.sha256(b"".join(b)).digest()
def xor(a, b): return bytes(x ^ b[i % len(b)] for i, x in enumerate(a))
def native(password, nonce=NONCE): return xor(sha1(password), sha1(nonce, sha1(sha1(password))))
def fast(password, nonce=NONCE): return xor(sha256(password), sha256(sha256(sha256(password)), nonce))


def crypt256(password, salt, rounds):
    """SHA-256 crypt as in Drepper's specification, with any length of salt."""
    def stretch(d, n): return (d * (n // 32 + 1))[:n]
    b = sha256(password, salt, password)
    a = password + salt + stretch(b, len(password))
    n = len(password)
    while n:
        a += b if n & 1 else password
        n >>= 1
    a = sha256(a)
    p = stretch(sha256(password * len(password)), len(password))
    s = stretch(sha256(salt * (16 + a[0])), len(salt))
    for i in range(rounds):
        c = (p if i & 1 else a) + (s if i % 3 else b"") + (p if i % 7 else b"") + (a if i & 1 else p)
        a = sha256(c)
    order = [(0, 10, 20), (21, 1, 11), (12, 22, 2), (3, 13, 23), (24, 4, 14), (15, 25, 5), (6, 16, 26), (27, 7, 17),
             (18, 28, 8), (9, 19, 29)]
    text = ""
    alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for x, y, z in order:
        w = a[x] << 16 | a[y] << 8 | a[z]
        for _ in range(4):
            text += alphabet[w & 63]
            w >>= 6
    w = a[31] << 8 | a[30]
    for _ in range(3):
        text += alphabet[w & 63]
        w >>= 6
    return text.encode()


def verifier(password): return b"$A$005$" + b"AbCdEfGhIjKlMnOpQrSt" + crypt256(password, b"AbCdEfGhIjKlMnOpQrSt", 5000)


def lenenc(n):
    if n < 251: return bytes([n])
    if n < 1 << 16: return b"\xfc" + struct.pack("<H", n)
    if n < 1 << 24: return b"\xfd" + struct.pack("<I", n)[:3]
    return b"\xfe" + struct.pack("<Q", n)
def string(b): return lenenc(len(b)) + b
def packet(seq, payload): return struct.pack("<I", len(payload))[:3] + bytes([seq & 255]) + payload


def greeting(offers=SERVER):
    return (b"\x0a" + VERSION + b"\0" + struct.pack("<I", 7) + NONCE[:8] + b"\0" + struct.pack("<H", offers & 0xffff) + b"\xff"
            + struct.pack("<H", AUTOCOMMIT) + struct.pack("<H", offers >> 16) + b"\x15" + bytes(10) + NONCE[8:] + b"\0" + SHA2 + b"\0")


def login(user, answer, flags=BASE, plugin=SHA2, db=None, attrs=None, charset=255):
    if db is not None: flags |= CONNECT_WITH_DB
    if attrs is not None: flags |= CONNECT_ATTRS
    p = struct.pack("<IIB", flags, 1 << 24, charset) + bytes(23) + user + b"\0"
    p += string(answer) if flags & LENENC else bytes([len(answer)]) + answer
    if db is not None: p += db + b"\0"
    if flags & PLUGIN_AUTH: p += plugin + b"\0"
    if attrs is not None: p += string(b"".join(string(k) + string(v) for k, v in attrs))
    return p


def ok(affected=0, insert=0, status=AUTOCOMMIT, warnings=0, info=b"", changes=b"", header=0):
    p = bytes([header]) + lenenc(affected) + lenenc(insert) + struct.pack("<HH", status | (0x4000 if changes else 0), warnings)
    if info or changes: p += string(info)
    if changes: p += string(changes)
    return p
def err(code, state, text): return b"\xff" + struct.pack("<H", code) + b"#" + state + text
def eof(status=AUTOCOMMIT): return b"\xfe" + struct.pack("<HH", 0, status)
def switch(plugin): return b"\xfe" + plugin + b"\0" + NONCE + b"\0"
def denied(user, used="YES"):
    return err(1045, b"28000", b"Access denied for user '%s'@'10.0.0.9' (using password: %s)" % (user, used.encode()))
def column(name, kind, length, charset=63, flags=0, decimals=0, table=b"", org=b"", schema=b"", default=None):
    p = (string(b"def") + string(schema) + string(table) + string(table) + string(name) + string(org) + b"\x0c"
         + struct.pack("<HIBHB", charset, length, kind, flags, decimals) + b"\0\0")
    if default is not None: p += default
    return p


class Transcript:
    def __init__(self, name, about, *options):
        self.path, self.lines = os.path.join(HERE, name + ".txt"), ["# " + about] + ["@ " + o for o in options] + [""]

    def line(self, mark, seq, payload, meaning): self.raw(mark, packet(seq, payload), meaning)
    def raw(self, mark, data, meaning): self.lines.append(f"{mark} {data.hex()} # {meaning}")
    def c(self, seq, payload, meaning): self.line("C>", seq, payload, meaning); return self
    def s(self, seq, payload, meaning): self.line("S<", seq, payload, meaning); return self
    def hello(self, more=0):
        return self.s(0, greeting(SERVER | more), "HandshakeV10, nonce ABC..., caching_sha2_password")
    def end(self, word):
        self.lines.append("! " + word)
        open(self.path, "w").write("\n".join(self.lines) + "\n")
    def quit(self): self.c(0, b"\x01", "COM_QUIT").end("quit")

    def logged_in(self, flags=BASE):
        """The shortest login: an account without a password."""
        return (self.hello().c(1, login(b"anna", b"", flags), "HandshakeResponse41, user anna, no password")
                .s(2, ok(), "OK, autocommit"))


def key():
    path = os.path.join(HERE, "rsa-test-key.pem")
    if not os.path.exists(path):
        pem = rsa.generate_private_key(65537, 2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        open(path, "wb").write(pem)
    return serialization.load_pem_private_key(open(path, "rb").read(), None)


KEY = key()
PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
def sealed(password):
    oaep = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)
    return KEY.public_key().encrypt(xor(password + b"\0", NONCE), oaep)


ANNA = "account anna empty"
BEN = "account ben native " + sha1(sha1(b"secret")).hex()
EVA = "account eva sha2 " + verifier(b"pa55word").hex()
EVA_FAST = EVA + " fast " + sha256(sha256(b"pa55word")).hex()
TWO = "account two native " + sha1(sha1(b"secret")).hex() + " sha2 " + verifier(b"secret").hex()


def logins():
    t = Transcript("native-login", "A client of mysql_native_password and an account that has it: no switch, no further packet.", BEN)
    t.hello().c(1, login(b"ben", native(b"secret"), plugin=NATIVE, db=b"shop", attrs=[(b"_client_name", b"test"), (b"_pid", b"1")]),
                "HandshakeResponse41, user ben, database shop, two attributes").s(2, ok(), "OK").quit()
    t = Transcript("native-one-byte-length", "PHP and go: the answer's length is one byte, no attributes.", BEN)
    t.hello().c(1, login(b"ben", native(b"secret"), flags=BASE & ~LENENC, plugin=NATIVE), "HandshakeResponse41").s(2, ok(), "OK").quit()
    t = Transcript("native-without-plugin-auth", "node's mysql: no CLIENT_PLUGIN_AUTH, so no plugin name.", BEN)
    t.hello().c(1, login(b"ben", native(b"secret"), flags=BASE & ~(LENENC | PLUGIN_AUTH)), "HandshakeResponse41").s(2, ok(), "OK").quit()
    t = Transcript("both-verifiers", "An account with both verifiers: the native client logs in without a switch.", TWO)
    t.hello().c(1, login(b"two", native(b"secret"), plugin=NATIVE), "HandshakeResponse41").s(2, ok(), "OK").quit()
    t = Transcript("native-wrong-password", "A wrong native scramble is refused at once.", BEN)
    (t.hello().c(1, login(b"ben", native(b"wrong"), plugin=NATIVE), "HandshakeResponse41")
     .s(2, denied(b"ben"), "ERR 1045").end("closed"))
    t = Transcript("native-disabled", "native_password_enabled is off: the client is switched, and cannot log in.", TWO, "native off")
    (t.hello().c(1, login(b"two", native(b"secret"), plugin=NATIVE), "HandshakeResponse41")
     .s(2, switch(SHA2), "AuthSwitchRequest").c(3, fast(b"secret"), "scramble").s(4, b"\x01\x04", "perform full authentication")
     .c(5, sealed(b"secret"), "the password under a key the client had").s(6, ok(), "OK").quit())
    t = Transcript("auth-switch-to-native", "A caching_sha2_password client and an account that has only the native verifier.", BEN)
    (t.hello().c(1, login(b"ben", fast(b"secret")), "HandshakeResponse41").s(2, switch(NATIVE), "AuthSwitchRequest")
     .c(3, native(b"secret"), "scramble").s(4, ok(), "OK").quit())
    t = Transcript("auth-switch-to-sha2", "A native client and an account of caching_sha2_password whose fast hash is known.", EVA_FAST)
    (t.hello().c(1, login(b"eva", native(b"pa55word"), plugin=NATIVE), "HandshakeResponse41").s(2, switch(SHA2), "AuthSwitchRequest")
     .c(3, fast(b"pa55word"), "scramble").s(4, b"\x01\x03", "fast auth success").s(5, ok(), "OK").quit())
    t = Transcript("auth-switch-empty-password", "After a switch, one NUL means that there is no password.", ANNA)
    (t.hello().c(1, login(b"anna", b"x", plugin=b"mysql_clear_password"), "HandshakeResponse41, a plugin nobody has")
     .s(2, switch(SHA2), "AuthSwitchRequest").c(3, b"\0", "empty password").s(4, ok(), "OK").quit())
    t = Transcript("caching-sha2-fast", "The fast hash is remembered: challenge and response are enough.", EVA_FAST)
    (t.hello().c(1, login(b"eva", fast(b"pa55word")), "HandshakeResponse41").s(2, b"\x01\x03", "fast auth success")
     .s(3, ok(), "OK").quit())
    t = Transcript("caching-sha2-rsa", "No fast hash, plain TCP: the client asks for the public key.", EVA)
    (t.hello().c(1, login(b"eva", fast(b"pa55word")), "HandshakeResponse41").s(2, b"\x01\x04", "perform full authentication")
     .c(3, b"\x02", "request public key").s(4, b"\x01" + PEM, "public key in PEM").c(5, sealed(b"pa55word"), "RSA-OAEP(password XOR nonce)")
     .s(6, ok(), "OK").quit())
    t = Transcript("caching-sha2-secure", "No fast hash, a unix socket: the client sends the password and a NUL.", EVA, "secure")
    (t.hello().c(1, login(b"eva", fast(b"pa55word")), "HandshakeResponse41").s(2, b"\x01\x04", "perform full authentication")
     .c(3, b"pa55word\0", "password").s(4, ok(), "OK").quit())
    t = Transcript("caching-sha2-stale-scramble", "aiomysql after a switch: the scramble is wrong, the password right.", EVA_FAST, "secure")
    (t.hello().c(1, login(b"eva", native(b"pa55word"), plugin=NATIVE), "HandshakeResponse41").s(2, switch(SHA2), "AuthSwitchRequest")
     .c(3, fast(b"pa55word", NONCE + b"\0"), "scramble over 21 bytes").s(4, b"\x01\x04", "perform full authentication")
     .c(5, b"pa55word\0", "password").s(6, ok(), "OK").quit())
    t = Transcript("caching-sha2-clear-on-tcp", "A clear password on plain TCP opens nothing, even when it is right.", EVA)
    (t.hello().c(1, login(b"eva", fast(b"pa55word")), "HandshakeResponse41").s(2, b"\x01\x04", "perform full authentication")
     .c(3, b"pa55word\0", "password in the clear").s(4, denied(b"eva"), "ERR 1045").end("closed"))
    t = Transcript("caching-sha2-wrong-password", "1045 comes only after the full exchange.", EVA)
    (t.hello().c(1, login(b"eva", fast(b"wrong")), "HandshakeResponse41").s(2, b"\x01\x04", "perform full authentication")
     .c(3, b"\x02", "request public key").s(4, b"\x01" + PEM, "public key in PEM").c(5, sealed(b"wrong"), "RSA-OAEP(password XOR nonce)")
     .s(6, denied(b"eva"), "ERR 1045").end("closed"))
    t = Transcript("unknown-user", "A stranger takes every step of a known user.", EVA)
    (t.hello().c(1, login(b"zoe", fast(b"pa55word")), "HandshakeResponse41").s(2, b"\x01\x04", "perform full authentication")
     .c(3, b"\x02", "request public key").s(4, b"\x01" + PEM, "public key in PEM").c(5, sealed(b"pa55word"), "RSA-OAEP(password XOR nonce)")
     .s(6, denied(b"zoe"), "ERR 1045").end("closed"))
    t = Transcript("no-password-given", "An account with a password, and an empty answer.", EVA)
    (t.hello().c(1, login(b"eva", b""), "HandshakeResponse41").s(2, denied(b"eva", "NO"), "ERR 1045").end("closed"))
    t = Transcript("unknown-database", "The engine refuses the session: its error ends the connection.", ANNA)
    (t.hello().c(1, login(b"anna", b"", db=b"nodb"), "HandshakeResponse41, database nodb")
     .s(2, err(1049, b"42000", b"Unknown database 'nodb'"), "ERR 1049").end("closed"))
    one = column(b"1", 8, 2, flags=0x81)
    t = Transcript("unoffered-bits", "OPTIONAL_RESULTSET_METADATA and MULTI_FACTOR set though never offered: the answer has no byte for them.", ANNA)
    (t.logged_in(BASE | 1 << 25 | 1 << 28).c(0, b"\x03SELECT 1", "COM_QUERY").s(1, b"\x01", "one column")
     .s(2, one, "ColumnDefinition41").s(3, eof(), "EOF").s(4, string(b"1"), "row").s(5, eof(), "EOF").quit())
    t = Transcript("query-attributes", "Attributes stand in front of the text: none, then one of type string; a count that lies is 1835.", ANNA)
    t.logged_in(BASE | QUERY_ATTRIBUTES)
    for front, about in ((b"\0\x01", "no attributes"), (b"\x01\x01\0\x01\xfe\0" + string(b"trace") + string(b"a1b2"), "trace = 'a1b2'")):
        (t.c(0, b"\x03" + front + b"SELECT 1", "COM_QUERY, " + about).s(1, b"\x01", "one column").s(2, one, "ColumnDefinition41")
         .s(3, eof(), "EOF").s(4, string(b"1"), "row").s(5, eof(), "EOF"))
    t.c(0, b"\x03\xfd\xff\xff\xff\x01SELECT 1", "COM_QUERY, 16,777,215 attributes").s(1, MALFORMED, "ERR 1835").quit()


def commands():
    select = column(b"1", 8, 2, flags=0x81)
    t = Transcript("select-1", "A text result set for a client that reads EOF packets.", ANNA)
    (t.logged_in().c(0, b"\x03SELECT 1", "COM_QUERY").s(1, b"\x01", "one column").s(2, select, "ColumnDefinition41 1, LONGLONG")
     .s(3, eof(), "EOF").s(4, string(b"1"), "row").s(5, eof(), "EOF").quit())
    t = Transcript("select-1-deprecate-eof", "The same with CLIENT_DEPRECATE_EOF: no EOF behind the columns, OK with header fe at the end.", ANNA)
    (t.logged_in(BASE | DEPRECATE_EOF).c(0, b"\x03SELECT 1", "COM_QUERY").s(1, b"\x01", "one column").s(2, select, "ColumnDefinition41")
     .s(3, string(b"1"), "row").s(4, ok(header=0xfe), "OK as EOF").quit())
    cells = [b"\xfb", string(b"-9223372036854775808"), string(b"18446744073709551615"), string(b"0.1"), string("å".encode())]
    kinds = [column(b"n", 6, 0, flags=0x80), column(b"i", 8, 20, flags=0x80), column(b"u", 8, 20, flags=0xa0),
             column(b"d", 5, 22, flags=0x80, decimals=31), column(b"t", 0xfd, 40, charset=255)]
    t = Transcript("select-types", "NULL, integers, a double and text in one row.", ANNA)
    t.logged_in(BASE | DEPRECATE_EOF).c(0, b"\x03SELECT types", "COM_QUERY").s(1, b"\x05", "five columns")
    for i, k in enumerate(kinds): t.s(2 + i, k, "ColumnDefinition41")
    t.s(7, b"".join(cells), "row").s(8, ok(header=0xfe), "OK as EOF").quit()
    t = Transcript("multi-results", "Two results of one command, told apart by SERVER_MORE_RESULTS_EXISTS.", ANNA)
    (t.logged_in(BASE | MULTI_STATEMENTS).c(0, b"\x03DO 1; SELECT 1", "COM_QUERY").s(1, ok(status=AUTOCOMMIT | 8), "OK, more results")
     .s(2, b"\x01", "one column").s(3, select, "ColumnDefinition41").s(4, eof(), "EOF").s(5, string(b"1"), "row").s(6, eof(), "EOF").quit())
    t = Transcript("query-error", "An error ends the command, not the connection.", ANNA)
    (t.logged_in().c(0, b"\x03SELEC 1", "COM_QUERY").s(1, err(1064, b"42000", b"You have an error in your SQL syntax"), "ERR 1064")
     .c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit())
    t = Transcript("ping", "COM_PING is answered by the machine.", ANNA)
    t.logged_in().c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit()
    t = Transcript("ping-in-transaction", "COM_PING tells the status of the last OK.", ANNA)
    (t.logged_in().c(0, b"\x03BEGIN", "COM_QUERY").s(1, ok(status=3), "OK, in transaction")
     .c(0, b"\x0e", "COM_PING").s(1, ok(status=3), "OK, in transaction").quit())
    t = Transcript("login-empty-nul", "libmysqlclient says by one NUL that there is no password.", ANNA)
    t.hello().c(1, login(b"anna", b"\0"), "HandshakeResponse41, answer 00").s(2, ok(), "OK").quit()
    t = Transcript("pipelined", "Commands sent at once are answered one after the other.", ANNA)
    t.logged_in()
    for _ in range(3): t.c(0, b"\x03DO 1", "COM_QUERY")
    for _ in range(3): t.s(1, ok(), "OK")
    t.quit()
    t = Transcript("init-db", "COM_INIT_DB, with the schema reported to a client that tracks the session.", ANNA)
    (t.logged_in(BASE | SESSION_TRACK).c(0, b"\x02shop", "COM_INIT_DB").s(1, ok(changes=b"\x01" + string(string(b"shop"))), "OK, schema shop")
     .c(0, b"\x02nodb", "COM_INIT_DB").s(1, err(1049, b"42000", b"Unknown database 'nodb'"), "ERR 1049").quit())
    t = Transcript("init-db-untracked", "The same for a client without CLIENT_SESSION_TRACK.", ANNA)
    t.logged_in().c(0, b"\x02shop", "COM_INIT_DB").s(1, ok(), "OK").quit()
    listed = [column(b"id", 3, 11, flags=0x83, table=b"t", org=b"id", schema=b"shop", default=b"\xfb"),
              column(b"name", 0xfd, 80, charset=255, table=b"t", org=b"name", schema=b"shop", default=string(b"x"))]
    for name, flags, end in (("field-list", BASE, eof()), ("field-list-deprecate-eof", BASE | DEPRECATE_EOF, ok(header=0xfe))):
        t = Transcript(name, "COM_FIELD_LIST: definitions with default values, then the end.", ANNA)
        (t.logged_in(flags).c(0, b"\x04t\0%", "COM_FIELD_LIST t, wildcard %").s(1, listed[0], "id INT, no default")
         .s(2, listed[1], "name VARCHAR, default x").s(3, end, "end")
         .c(0, b"\x04none\0", "COM_FIELD_LIST none").s(1, err(1146, b"42S02", b"Table 'shop.none' doesn't exist"), "ERR 1146").quit())
    t = Transcript("statistics", "COM_STATISTICS answers a bare string.", ANNA)
    t.logged_in().c(0, b"\x09", "COM_STATISTICS").s(1, b"Uptime: 1  Threads: 1", "text").quit()
    t = Transcript("set-option", "PHP's multi_query: COM_SET_OPTION is answered by EOF.", ANNA)
    t.logged_in().c(0, b"\x1b\0\0", "COM_SET_OPTION on").s(1, eof(), "EOF").c(0, b"\x1b\x01\0", "off").s(1, eof(), "EOF").quit()
    t = Transcript("reset-and-kill", "COM_RESET_CONNECTION, COM_PROCESS_KILL, COM_PROCESS_INFO.", ANNA)
    (t.logged_in().c(0, b"\x1f", "COM_RESET_CONNECTION").s(1, ok(), "OK").c(0, b"\x0c\x05\0\0\0", "COM_PROCESS_KILL 5").s(1, ok(), "OK")
     .c(0, b"\x0c\x63\0\0\0", "COM_PROCESS_KILL 99").s(1, err(1094, b"HY000", b"Unknown thread id: 99"), "ERR 1094").quit())
    t = Transcript("administration", "COM_DEBUG and COM_SHUTDOWN are answered by EOF, COM_REFRESH by OK.", ANNA)
    (t.logged_in().c(0, b"\x0d", "COM_DEBUG").s(1, eof(), "EOF").c(0, b"\x07\x01", "COM_REFRESH, grants").s(1, ok(), "OK")
     .c(0, b"\x08\0", "COM_SHUTDOWN").s(1, eof(), "EOF").quit())
    t = Transcript("unknown-command", "Commands nobody knows, and an empty packet: 1047, and the connection lives.", ANNA)
    bad = err(1047, b"08S01", b"Unknown command")
    (t.logged_in().c(0, b"\x63", "no such command").s(1, bad, "ERR 1047").c(0, b"", "an empty packet").s(1, bad, "ERR 1047")
     .c(0, b"\x05db", "COM_CREATE_DB, gone since MySQL 8").s(1, bad, "ERR 1047").c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit())
    t = Transcript("malformed-command", "A command that ends early.", ANNA)
    (t.logged_in().c(0, b"\x0c\x05\0", "COM_PROCESS_KILL of two bytes").s(1, MALFORMED, "ERR 1835")
     .c(0, b"\x04t", "COM_FIELD_LIST without NUL").s(1, MALFORMED, "ERR 1835").quit())
    t = Transcript("local-infile", "LOAD DATA LOCAL: request, two data packets, the empty one, OK.", ANNA)
    (t.logged_in(BASE | LOCAL_FILES).c(0, b"\x03LOAD a.csv", "COM_QUERY").s(1, b"\xfba.csv", "LOCAL INFILE request").c(2, b"1,a\n2,", "data")
     .c(3, b"b\n", "data").c(4, b"", "end of file")
     .s(5, ok(affected=2, info=b"Records: 2  Deleted: 0  Skipped: 0  Warnings: 0"), "OK").quit())
    t = Transcript("local-infile-refused", "The client cannot read the file: an empty packet at once.", ANNA)
    (t.logged_in(BASE | LOCAL_FILES).c(0, b"\x03LOAD a.csv", "COM_QUERY").s(1, b"\xfba.csv", "LOCAL INFILE request").c(2, b"", "end of file")
     .s(3, ok(info=b"Records: 0  Deleted: 0  Skipped: 0  Warnings: 0"), "OK").quit())
    t = Transcript("local-infile-error", "An error in the middle: the rest of the file is read and dropped, then comes the ERR.", ANNA)
    (t.logged_in(BASE | LOCAL_FILES).c(0, b"\x03LOAD a.csv", "COM_QUERY").s(1, b"\xfba.csv", "LOCAL INFILE request").c(2, b"bad\n", "data")
     .c(3, b"more\n", "data").c(4, b"", "end of file").s(5, err(1366, b"HY000", b"Incorrect value"), "ERR 1366")
     .c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit())


def prepared_answer(t, seq, number, parameters, flags, columns=None):
    """COM_STMT_PREPARE_OK, parameters, columns, each list with an EOF for clients that want one; gives the next sequence id."""
    columns = max(parameters, 1) if columns is None else columns
    t.s(seq, b"\0" + struct.pack("<IHHBH", number, columns, parameters, 0, 0), "COM_STMT_PREPARE_OK")
    lists = [[column(b"?", 0xfd, 0, flags=0x80)] * parameters, [column(b"c%d" % i, 0xfd, 40, charset=255) for i in range(columns)]]
    for definitions in lists:
        for d in definitions: seq += 1; t.s(seq, d, "ColumnDefinition41")
        if definitions and not flags & DEPRECATE_EOF: seq += 1; t.s(seq, eof(), "EOF")


def echoed(t, values, flags):
    """A binary result set of one row of texts, None for NULL."""
    t.s(1, bytes([len(values)]), "columns")
    for i in range(len(values)): t.s(2 + i, column(b"c%d" % i, 0xfd, 40, charset=255), "ColumnDefinition41")
    seq = 2 + len(values)
    if not flags & DEPRECATE_EOF: t.s(seq, eof(), "EOF"); seq += 1
    nulls = sum(1 << (i + 2) for i, v in enumerate(values) if v is None).to_bytes((len(values) + 9) // 8, "little")
    t.s(seq, b"\0" + nulls + b"".join(string(v) for v in values if v is not None), "binary row")
    t.s(seq + 1, ok(header=0xfe) if flags & DEPRECATE_EOF else eof(), "end")


def execute(number, nulls=b"", types=None, values=b"", flags=0):
    """COM_STMT_EXECUTE; types None says that they are those of last time."""
    p = b"\x17" + struct.pack("<IBI", number, flags, 1) + nulls
    if types is None: return p + (b"\0" if nulls else b"") + values
    return p + b"\x01" + b"".join(struct.pack("<BB", k, 0x80 if u else 0) for k, u in types) + values


def prepared():
    wrong = err(1210, b"HY000", b"Incorrect arguments to mysqld_stmt_execute")
    handler = lambda n, command: err(1243, b"HY000", b"Unknown prepared statement handler (%d) given to %s" % (n, command))
    types = [(6, 0), (1, 0), (1, 1), (2, 0), (3, 1), (8, 0), (4, 0), (5, 0), (0xf6, 0), (0xfd, 0), (0xfc, 0), (0x0a, 0), (0x0c, 0),
             (0x0c, 0), (0x0b, 0), (0x0b, 0)]
    values = (b"\xff" b"\xff" b"\x18\xfc" b"\xff\xff\xff\xff" + struct.pack("<qfd", -2**63, 0.5, 0.1) + string(b"-1.50") + string("å".encode())
              + string(b"\xff\0") + b"\x04\xe8\x07\x02\x1d" + b"\x07\xe8\x07\x02\x1d\x01\x02\x03" + b"\x0b\xe8\x07\x02\x1d\x01\x02\x03\x40\0\0\0"
              + b"\x00" + b"\x0c\x01\x01\0\0\0\x0d\x05\x06\x90\xd0\x03\0")
    shown = [None, b"integer(-1)", b"unsigned(255)", b"integer(-1000)", b"unsigned(4294967295)", b"integer(-9223372036854775808)",
             b"real(0.5)", b"real(0.1)", b'decimal("-1.50")', 'text("å")'.encode(), b"bytes([255, 0])", b'date("2024-02-29")',
             b'dateTime("2024-02-29 01:02:03")', b'dateTime("2024-02-29 01:02:03.000064")', b'time("00:00:00")', b'time("-37:05:06.250000")']
    for name, flags in (("prepared-types", BASE), ("prepared-types-deprecate-eof", BASE | DEPRECATE_EOF)):
        t = Transcript(name, "A value of every type bound, and a binary row back.", ANNA)
        t.logged_in(flags).c(0, b"\x16ECHO " + b"?" * len(types), "COM_STMT_PREPARE")
        prepared_answer(t, 1, 1, len(types), flags)
        t.c(0, execute(1, b"\0\0", types, values), "COM_STMT_EXECUTE"); echoed(t, shown, flags)
        t.quit()
    t = Transcript("prepared-again", "Types are remembered from one execution to the next; NULL is a bit.", ANNA)
    t.logged_in().c(0, b"\x16ECHO ??", "COM_STMT_PREPARE"); prepared_answer(t, 1, 1, 2, BASE)
    t.c(0, execute(1, b"\0", None, b""), "values without types").s(1, wrong, "ERR 1210")
    t.c(0, execute(1, b"\0", [(1, 0), (0xfd, 0)], b"\x05" + string(b"a")), "COM_STMT_EXECUTE"); echoed(t, [b"integer(5)", b'text("a")'], BASE)
    t.c(0, execute(1, b"\x01", None, string(b"b")), "the same types, NULL first"); echoed(t, [None, b'text("b")'], BASE)
    t.c(0, execute(1, b"\0", [(1, 1), (8, 0)], b"\xff" + b"\x02" + bytes(7)), "other types"); echoed(t, [b"unsigned(255)", b"integer(2)"], BASE)
    t.quit()
    t = Transcript("prepared-life", "Prepare, run, reset and close; ids are not used again, unknown ones are 1243.", ANNA)
    t.logged_in().c(0, b"\x16ECHO", "COM_STMT_PREPARE"); prepared_answer(t, 1, 1, 0, BASE)
    t.c(0, execute(1), "COM_STMT_EXECUTE"); echoed(t, [b"0"], BASE)
    t.c(0, b"\x16SELEC", "COM_STMT_PREPARE").s(1, err(1064, b"42000", b"You have an error in your SQL syntax"), "ERR 1064")
    t.c(0, b"\x1a\x01\0\0\0", "COM_STMT_RESET").s(1, ok(), "OK").c(0, b"\x1a\x09\0\0\0", "COM_STMT_RESET 9").s(1, handler(9, b"mysqld_stmt_reset"), "ERR 1243")
    t.c(0, b"\x1c\x01\0\0\0\x01\0\0\0", "COM_STMT_FETCH").s(1, err(1421, b"HY000", b"The statement (1) has no open cursor."), "ERR 1421")
    t.c(0, b"\x1c\x09\0\0\0\x01\0\0\0", "COM_STMT_FETCH 9").s(1, handler(9, b"mysqld_stmt_fetch"), "ERR 1243")
    t.c(0, b"\x19\x01\0\0\0", "COM_STMT_CLOSE, without an answer").c(0, b"\x19\x07\0\0\0", "of an unknown one").c(0, b"\x19", "of none")
    t.c(0, execute(1), "COM_STMT_EXECUTE").s(1, handler(1, b"mysqld_stmt_execute"), "ERR 1243")
    t.c(0, b"\x16ECHO", "COM_STMT_PREPARE"); prepared_answer(t, 1, 3, 0, BASE)
    t.c(0, b"\x1f", "COM_RESET_CONNECTION").s(1, ok(), "OK").c(0, execute(3), "COM_STMT_EXECUTE").s(1, handler(3, b"mysqld_stmt_execute"), "ERR 1243")
    t.quit()
    t = Transcript("prepared-pipelined", "MariaDB's clients: the statement prepared last is ffffffff, in the same write.", ANNA)
    t.logged_in().c(0, b"\x16ECHO ?", "COM_STMT_PREPARE").c(0, execute(0xffffffff, b"\0", [(1, 0)], b"\x07"), "COM_STMT_EXECUTE")
    prepared_answer(t, 1, 1, 1, BASE); echoed(t, [b"integer(7)"], BASE)
    t.c(0, b"\x16SELEC", "COM_STMT_PREPARE").c(0, execute(0xffffffff), "COM_STMT_EXECUTE")
    t.s(1, err(1064, b"42000", b"You have an error in your SQL syntax"), "ERR 1064").s(1, handler(0xffffffff, b"mysqld_stmt_execute"), "ERR 1243").quit()
    t = Transcript("prepared-long-data", "Data sent ahead in pieces is good for one execution; errors wait for it.", ANNA)
    long = lambda n, data: b"\x18\x01\0\0\0" + struct.pack("<H", n) + data
    t.logged_in().c(0, b"\x16ECHO ??", "COM_STMT_PREPARE"); prepared_answer(t, 1, 1, 2, BASE)
    t.c(0, long(0, b"ab"), "COM_STMT_SEND_LONG_DATA").c(0, long(0, b"cd"), "again").c(0, long(1, b"\xff"), "of parameter 1")
    t.c(0, execute(1, b"\0", [(0xfd, 0), (0xfc, 0)]), "COM_STMT_EXECUTE"); echoed(t, [b'text("abcd")', b"bytes([255])"], BASE)
    t.c(0, execute(1, b"\x03"), "COM_STMT_EXECUTE"); echoed(t, [None, None], BASE)
    t.c(0, long(0, b"x"), "COM_STMT_SEND_LONG_DATA").c(0, b"\x1a\x01\0\0\0", "COM_STMT_RESET").s(1, ok(), "OK")
    t.c(0, execute(1, b"\x03"), "COM_STMT_EXECUTE"); echoed(t, [None, None], BASE)
    t.c(0, long(2, b"x"), "of a parameter that is not there").c(0, execute(1, b"\x03"), "COM_STMT_EXECUTE")
    t.s(1, err(1210, b"HY000", b"Incorrect arguments to mysqld_stmt_send_long_data"), "ERR 1210")
    t.c(0, b"\x18\x09\0\0\0\0\0x", "of an unknown statement").c(0, b"\x18\x01", "cut short").c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit()
    t = Transcript("prepared-malformed", "Executions that are cut or hold what no type has: an error each, and the connection lives.", ANNA)
    t.logged_in().c(0, b"\x16ECHO ?", "COM_STMT_PREPARE"); prepared_answer(t, 1, 1, 1, BASE)
    for p, about in ((b"\x17\x01\0", "no id"), (b"\x17\x01\0\0\0\0", "no count"), (execute(1), "no bitmap"), (execute(1, b"\0", [], b""), "no types"),
                     (execute(1, b"\0", [(0x42, 0)], b""), "type 42"), (execute(1, b"\0", [(3, 0)], b"\1\2"), "half an integer"),
                     (execute(1, b"\0", [(0xfd, 0)], b"\xfe" + b"\xff" * 8), "a text of 2^64 bytes"), (execute(1, b"\0", [(0xfd, 0)], b"\xfb"), "a length that is NULL"),
                     (execute(1, b"\0", [(0x0c, 0)], b"\x05\xe8\x07\x01\x01\x01"), "a date of 5 bytes"), (execute(1, b"\0", [(0x0b, 0)], b"\x0c\0"), "half a time")):
        t.c(0, p, about).s(1, MALFORMED, "ERR 1835")
    t.c(0, execute(1, b"\0", [(0x0a, 0)], b"\x04\xe8\x07\x0d\x01"), "the thirteenth month").s(1, wrong, "ERR 1210")
    t.c(0, execute(1, b"\0", [(0x0b, 0)], b"\x08\0\0\0\0\0\0\x3c\0"), "sixty minutes").s(1, wrong, "ERR 1210").quit()


def user_changes():
    change = lambda user, answer, plugin: (b"\x11" + user + b"\0" + bytes([len(answer)]) + answer + b"\0" + b"\xff\0" + plugin + b"\0")
    t = Transcript("change-user", "COM_CHANGE_USER without an answer, as libmysqlclient sends it: a challenge comes first.", ANNA, EVA_FAST)
    (t.logged_in().c(0, change(b"eva", b"", SHA2), "COM_CHANGE_USER eva").s(1, switch(SHA2), "AuthSwitchRequest")
     .c(2, fast(b"pa55word"), "scramble").s(3, b"\x01\x03", "fast auth success").s(4, ok(), "OK").c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit())
    t = Transcript("change-user-answered", "COM_CHANGE_USER with an answer to the greeting's challenge.", ANNA, BEN)
    t.logged_in().c(0, change(b"ben", native(b"secret"), NATIVE), "COM_CHANGE_USER ben").s(1, ok(), "OK").quit()
    t = Transcript("change-user-denied", "A failed COM_CHANGE_USER ends the connection.", ANNA, BEN)
    (t.logged_in().c(0, change(b"ben", native(b"wrong"), NATIVE), "COM_CHANGE_USER ben").s(1, denied(b"ben"), "ERR 1045").end("closed"))


def violations():
    handshake = err(1043, b"08S01", b"Bad handshake")
    t = Transcript("login-truncated", "A login that ends inside its fixed part.", ANNA)
    t.hello().c(1, login(b"anna", b"")[:20], "20 bytes").s(2, handshake, "ERR 1043").end("closed")
    t = Transcript("login-without-nul", "A user name that never ends.", ANNA)
    t.hello().c(1, login(b"anna", b"")[:34], "ends in the name").s(2, handshake, "ERR 1043").end("closed")
    t = Transcript("login-answer-too-long", "An answer longer than the packet says it is.", ANNA)
    p = bytearray(login(b"anna", b"")); p[37] = 0xfa
    t.hello().c(1, bytes(p), "auth_response of 250 bytes that are not there").s(2, handshake, "ERR 1043").end("closed")
    t = Transcript("login-huge-length", "A length-encoded length of 2^64 - 1.", ANNA)
    t.hello().c(1, login(b"anna", b"")[:37] + b"\xfe" + b"\xff" * 8, "auth_response").s(2, handshake, "ERR 1043").end("closed")
    t = Transcript("login-broken-attributes", "Attributes whose inner length leaves the block.", ANNA)
    (t.hello().c(1, login(b"anna", b"", flags=BASE | CONNECT_ATTRS) + b"\x03\x09ab", "attributes").s(2, handshake, "ERR 1043").end("closed"))
    t = Transcript("login-protocol-320", "A client from before MySQL 4.1.", ANNA)
    t.hello().c(1, b"\x85\x04\0\0\0anna\0", "HandshakeResponse320").s(2, handshake, "ERR 1043").end("closed")
    t = Transcript("ssl-request-not-offered", "An SSLRequest although the greeting did not offer TLS.", ANNA)
    t.hello().c(1, login(b"anna", b"", flags=BASE | 0x800)[:32], "SSLRequest").s(2, handshake, "ERR 1043").end("closed")
    t = Transcript("ssl-request-twice", "Inside TLS there is no second request: it is a login that ends too early.", ANNA, "tls")
    request = login(b"anna", b"", flags=BASE | SSL)[:32]
    t.hello(SSL).c(1, request, "SSLRequest").c(2, request, "SSLRequest").s(3, handshake, "ERR 1043").end("closed")
    t = Transcript("require-secure-transport", "A login in clear where TLS or a unix socket is required.", ANNA, "tls", "require-secure")
    insecure = b"Connections using insecure transport are prohibited while --require_secure_transport=ON."
    t.hello(SSL).c(1, login(b"anna", b""), "HandshakeResponse41").s(2, err(3159, b"HY000", insecure), "ERR 3159").end("closed")
    t = Transcript("login-out-of-order", "A first packet with sequence id 3.", ANNA)
    t.hello().c(3, login(b"anna", b""), "HandshakeResponse41").s(4, err(1156, b"08S01", b"Got packets out of order"), "ERR 1156").end("closed")
    t = Transcript("command-out-of-order", "A command must begin with sequence id 0.", ANNA)
    t.logged_in().c(1, b"\x0e", "COM_PING with 1").s(2, err(1156, b"08S01", b"Got packets out of order"), "ERR 1156").end("closed")
    large = err(1153, b"08S01", b"Got a packet bigger than 'max_allowed_packet' bytes")
    t = Transcript("packet-too-large", "A header that announces more than max_allowed_packet ends the connection before the bytes come.", ANNA, "packet 1024")
    t.logged_in(); t.raw("C>", b"\x01\x04\0\0", "header of 1025 bytes"); t.s(1, large, "ERR 1153").end("closed")
    t = Transcript("packet-just-fits", "A command of exactly max_allowed_packet.", ANNA, "packet 1024")
    t.logged_in().c(0, b"\x03DO 1" + b" " * 1019, "COM_QUERY of 1024 bytes").s(1, ok(), "OK").quit()
    t = Transcript("login-too-large", "Before the login much less is accepted.", ANNA)
    t.hello(); t.raw("C>", b"\x01\0\x02\x01", "header of 131073 bytes"); t.s(2, large, "ERR 1153").end("closed")


def tls():
    """What is inside TLS; the handshake itself, between request and login, is left out."""
    request = login(b"anna", b"", flags=BASE | SSL)[:32]
    t = Transcript("tls-login", "SSLRequest, then the login with the next sequence id.", ANNA, "tls", "require-secure")
    (t.hello(SSL).c(1, request, "SSLRequest").c(2, login(b"anna", b"", flags=BASE | SSL), "HandshakeResponse41").s(3, ok(), "OK, autocommit")
     .c(0, b"\x0e", "COM_PING").s(1, ok(), "OK").quit())
    t = Transcript("tls-login-without-flag", "Connector/J sets the TLS flag in the request only.", ANNA, "tls")
    t.hello(SSL).c(1, request, "SSLRequest").c(2, login(b"anna", b""), "HandshakeResponse41").s(3, ok(), "OK, autocommit").quit()
    t = Transcript("tls-not-wanted", "A client that does without the TLS it is offered.", ANNA, "tls")
    t.hello(SSL).c(1, login(b"anna", b""), "HandshakeResponse41").s(2, ok(), "OK, autocommit").quit()
    t = Transcript("tls-clear-password", "Inside TLS the password comes in clear, on TCP too.", EVA, "tls")
    (t.hello(SSL).c(1, request, "SSLRequest").c(2, login(b"eva", fast(b"pa55word")), "HandshakeResponse41")
     .s(3, b"\x01\x04", "perform full authentication").c(4, b"pa55word\0", "password").s(5, ok(), "OK, autocommit").quit())


def frame(seq, data, packed=False):
    """A frame of the compressed protocol."""
    payload = zlib.compress(data) if packed else data
    return struct.pack("<I", len(payload))[:3] + bytes([seq]) + struct.pack("<I", len(data) if packed else 0)[:3] + payload


def compressed():
    """Frames around packets. Answers stay below the 50 bytes from which on the server would pack them, in zlib's own way."""
    def begin(name, about, *options):
        t = Transcript(name, about, ANNA, "compress", *options)
        return t.hello(COMPRESS).c(1, login(b"anna", b"", flags=BASE | COMPRESS), "HandshakeResponse41").s(2, ok(), "OK, not in a frame")
    ping, answer = packet(0, b"\x0e"), packet(1, ok())
    t = begin("compressed-ping", "From the login's OK on every packet is in a frame.")
    for _ in range(2):
        t.raw("C>", frame(0, ping), "COM_PING in a frame"); t.raw("S<", frame(1, answer), "OK in a frame")
    t.raw("C>", frame(0, packet(0, b"\x01")), "COM_QUIT"); t.end("quit")
    t = begin("compressed-spanning", "A packet in several frames: the answer's frame goes on counting.")
    for seq, part in enumerate((ping[:2], ping[2:3], ping[3:])): t.raw("C>", frame(seq, part), "a part of COM_PING")
    t.raw("S<", frame(3, answer), "OK"); t.raw("C>", frame(0, packet(0, b"\x01")), "COM_QUIT"); t.end("quit")
    t = begin("compressed-packed", "A packed frame, of a size that is unpacked at once, and one that a worker unpacks.")
    for blanks in (100, 70_000):
        t.raw("C>", frame(0, packet(0, b"\x03DO 1" + b" " * blanks), True), "COM_QUERY, packed"); t.raw("S<", frame(1, answer), "OK")
    t.raw("C>", frame(0, packet(0, b"\x01")), "COM_QUIT"); t.end("quit")
    t = begin("compressed-inner-numbers", "libmariadb numbers the packets in frames as it likes.")
    t.raw("C>", frame(0, packet(9, b"\x0e")), "COM_PING with 9"); t.raw("S<", frame(1, packet(10, ok())), "OK")
    t.raw("C>", frame(0, packet(0, b"\x01")), "COM_QUIT"); t.end("quit")
    t = begin("compressed-out-of-order", "A frame with another number than its place demands.")
    t.raw("C>", frame(1, ping), "COM_PING in frame 1")
    t.raw("S<", frame(2, packet(2, err(1156, b"08S01", b"Got packets out of order"))), "ERR 1156"); t.end("closed")
    t = Transcript("compression-required", "A client that compresses nothing where that is demanded.", ANNA, "compress", "require-compression")
    wrong = err(3922, b"HY000", b"Invalid compression algorithm 'uncompressed'.")
    t.hello(COMPRESS).c(1, login(b"anna", b""), "HandshakeResponse41").s(2, wrong, "ERR 3922").end("closed")


logins()
commands()
prepared()
user_changes()
tls()
compressed()
violations()
