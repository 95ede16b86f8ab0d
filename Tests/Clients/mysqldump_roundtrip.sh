#!/bin/bash
# Loads a dump of a MariaDB database into a running server, dumps it with mysqldump, loads that dump
# again and dumps it once more: the two dumps must be the same but for the name of the database.
#
#   mysqldump_roundtrip.sh HOST PORT DUMP.sql [MARIADB_PORT]
#
# With the port of a MariaDB server on HOST (user root, no password), the dump is loaded there too,
# the database by its own name and what Boreal dumped under another, and every table is compared.
# Ends with 0 when all was equal, 1 when not, 77 when mysqldump or the client is not installed.
set -uo pipefail
host=$1 port=$2 dump=$3 mariadb=${4:-}
client=$(command -v mariadb || command -v mysql) || exit 77
dumper=$(command -v mariadb-dump || command -v mysqldump) || exit 77
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
fail() { echo "mysqldump_roundtrip: $*" >&2; exit 1; }
# MariaDB's programs want TLS unless told otherwise; MySQL's do not know the option.
plain=(--no-defaults -h"$host" -uroot)
"$client" --help 2>/dev/null | grep -q skip-ssl && plain+=(--loose-skip-ssl)
sql() { "$client" "${plain[@]}" --default-character-set=utf8mb4 -P"$@"; }
dump() { "$dumper" "${plain[@]}" --hex-blob --skip-comments -P"$1" "$2"; }

sql "$port" -e 'CREATE DATABASE first_load; CREATE DATABASE second_load' || fail "no databases"
sql "$port" first_load < "$dump" || fail "the dump does not load"
dump "$port" first_load > "$work/first.sql" || fail "mysqldump fails"
sql "$port" second_load < "$work/first.sql" || fail "our own dump does not load"
dump "$port" second_load > "$work/second.sql" || fail "mysqldump fails the second time"
diff "$work/first.sql" "$work/second.sql" >&2 || fail "the second dump differs from the first"
grep -q 'CONSTRAINT `child_p` FOREIGN KEY' "$work/first.sql" || fail "a foreign key is missing"
grep -q 'VIEW `a_join`' "$work/first.sql" || fail "a view is missing"

if [ -n "$mariadb" ]; then
    sql "$mariadb" -e 'DROP DATABASE IF EXISTS there; CREATE DATABASE there;
        DROP DATABASE IF EXISTS back; CREATE DATABASE back' || fail "no MariaDB"
    sql "$mariadb" there < "$dump" || fail "the dump does not load into MariaDB"
    # MariaDB does not know MySQL 8's collation.
    sed 's/utf8mb4_0900_ai_ci/utf8mb4_general_ci/g' "$work/first.sql" | sql "$mariadb" back \
        || fail "what Boreal dumped does not load into MariaDB"
    for table in $(sql "$mariadb" -N there -e 'SHOW TABLES' | tr ' ' '?'); do
        name=$(printf '%s' "$table" | sed 's/`/``/g' | tr '?' ' ')
        for database in there back; do
            sql "$mariadb" -N "$database" -e "SELECT * FROM \`$name\`" | sort \
                > "$work/$database.txt"
        done
        diff "$work/there.txt" "$work/back.txt" >&2 || fail "table $name came back changed"
    done
    sql "$mariadb" -e 'DROP DATABASE there; DROP DATABASE back'
fi
echo "mysqldump_roundtrip: the dumps are equal"
