#!/bin/bash
# Runs the published test suites of drivers against a server and prints their counts:
#
#   driver_suites.sh FOLDER PORT [PORT ...]
#
# as root without a password on 127.0.0.1; FOLDER keeps what is fetched: PyMySQL 0.10.1 and
# mysqlclient from PyPI (later packages of PyMySQL come without the suite), go-sql-driver's from
# Debian's golang-github-go-sql-driver-mysql-dev. Wants python3 with pytest, PyMySQL's and
# mysqlclient's needs, and go. Names of failed tests go to FOLDER/SUITE.PORT.
set -euo pipefail

[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
cd "$folder"

fetch() { # fetch PACKAGE==VERSION FOLDER
    [ -d "$2" ] || {
        python3 -m pip download --quiet --no-binary :all: --no-deps "$1"
        tar xzf "$2.tar.gz"
    }
}
fetch PyMySQL==0.10.1 PyMySQL-0.10.1
fetch mysqlclient==2.3.2 mysqlclient-2.3.2
if [ ! -d go ]; then
    mkdir -p go/src/github.com/go-sql-driver
    cp -r /usr/share/gocode/src/github.com/go-sql-driver/mysql go/src/github.com/go-sql-driver/
fi
# Two files that PyMySQL's package leaves out.
data=PyMySQL-0.10.1/pymysql/tests/data
mkdir -p "$data"
seq 22749 | sed 's/$/,2,/' >"$data/load_local_data.txt"
echo '1,2,x' >"$data/load_local_warn_data.txt"

sql() { mariadb --no-defaults -h127.0.0.1 -P"$port" -uroot -e "$1"; }
counted() { # counted SUITE: the last line of pytest
    local line
    line=$(tail -20 "$1.$port" | grep -E '(passed|failed).* in ') || line=$(tail -1 "$1.$port")
    printf '%-12s port %-6s %s\n' "$1" "$port" "$line"
}

for port in "$@"; do
    for database in test test1 test2 gotest; do
        sql "DROP DATABASE IF EXISTS $database; CREATE DATABASE $database CHARACTER SET utf8mb4"
    done
    account="\"host\": \"127.0.0.1\", \"port\": $port, \"user\": \"root\", \"passwd\": \"\""
    echo "[{$account, \"db\": \"test1\", \"use_unicode\": true, \"local_infile\": true},
        {$account, \"db\": \"test2\"}]" >PyMySQL-0.10.1/pymysql/tests/databases.json
    (cd PyMySQL-0.10.1 && python3 -m pytest -q -rf pymysql/tests) >"pymysql.$port" 2>&1 || true
    counted pymysql
    cat >mysqlclient-2.3.2/tests/suite.cnf <<END
[MySQLdb-tests]
host = 127.0.0.1
port = $port
user = root
database = test
default-character-set = utf8mb4
local-infile = 1
END
    (cd mysqlclient-2.3.2/tests && TESTDB=suite.cnf python3 -m pytest -q -rf .) \
        >"mysqlclient.$port" 2>&1 || true
    counted mysqlclient
    (cd go/src/github.com/go-sql-driver/mysql && GO111MODULE=off GOPATH=$folder/go \
        MYSQL_TEST_USER=root MYSQL_TEST_PASS='' MYSQL_TEST_PROT=tcp \
        MYSQL_TEST_ADDR=127.0.0.1:$port MYSQL_TEST_DBNAME=gotest go test -v .) \
        >"go.$port" 2>&1 || true
    printf '%-12s port %-6s ' go "$port"
    grep -oE '^ *--- (PASS|FAIL|SKIP)' "go.$port" | sort | uniq -c | tr -s '\n ' ' '
    echo
done
