"""A MariaDB server of a program's own, on a socket in a temporary folder, gone when it is left."""
import os
import shutil
import subprocess
import sys
import tempfile
import time

# MySQL 8's defaults, where MariaDB's differ.
MODE = ("ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
        "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION")
COLLATION = "utf8mb4_uca1400_nopad_ai_ci"


def require():
    """Ends the program with status 77 and a reason where there is no server or no driver."""
    try:
        import pymysql  # noqa: F401
    except ImportError:
        print("skipped: PyMySQL is not installed")
        sys.exit(77)
    if not shutil.which("mariadbd"):
        print("skipped: mariadbd is not installed")
        sys.exit(77)


class ScratchMariaDB:
    """`with ScratchMariaDB() as connection:`"""

    def __init__(self, mode=MODE):
        """`mode` is sql_mode; None leaves MariaDB's own."""
        self.mode = mode

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="boreal-mariadb-")
        options = [
            "--no-defaults", "--datadir=" + self.folder, "--skip-grant-tables",
            "--skip-networking", "--socket=" + self.folder + "/s",
            "--pid-file=" + self.folder + "/pid", "--innodb-log-file-size=4M",
            "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-doublewrite=0", "--character-set-server=utf8mb4",
            "--collation-server=" + COLLATION,
        ]
        if self.mode is not None:
            options.append("--sql-mode=" + self.mode)
        if os.getuid() == 0:
            options.append("--user=root")
        log = open(self.folder + "/log", "w")
        self.server = subprocess.Popen(["mariadbd"] + options, stdout=log, stderr=log)
        return self.connect()

    def connect(self):
        import pymysql

        for _ in range(200):
            try:
                return pymysql.connect(
                    unix_socket=self.folder + "/s", user="root", autocommit=True,
                    charset="utf8mb4", collation=COLLATION, conv={},
                )
            except pymysql.MySQLError:
                time.sleep(0.1)
        text = open(self.folder + "/log").read()[-2000:]
        self.__exit__()
        sys.exit("the server did not start:\n" + text)

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
