#!/bin/bash
# Plays the scenario (README.md) through the mariadb command line: mariadb_scenario.sh
#
# It binds nothing and has no commands beside statements: those parts are left out. Where the server
# is stands in the environment. Exit codes: 0 played to its end, 77 the client is not installed,
# others an error.
set -euo pipefail

client=$(command -v mariadb || command -v mysql) || { echo "no mariadb client" >&2; exit 77; }
folder=$(cd "$(dirname "$0")" && pwd)/scenario
database=${BOREAL_DATABASE:-clients}
how=(--no-defaults "--host=${BOREAL_HOST:-127.0.0.1}" "--port=${BOREAL_PORT:-3307}" --protocol=TCP
    "--user=${BOREAL_USER:-root}" "--password=${BOREAL_PASSWORD:-}" --local-infile=1 --comments
    --batch --raw --skip-column-names --default-character-set=utf8mb4)
if [ "${BOREAL_TLS:-}" = on ]; then
    how+=(--ssl)
    [ -z "${BOREAL_TLS_CA:-}" ] || how+=("--ssl-ca=$BOREAL_TLS_CA" --ssl-verify-server-cert)
else
    how+=(--loose-skip-ssl)
fi
[ "${BOREAL_COMPRESS:-}" != on ] || how+=(--compress)

# part NAME [N]: the statements of a part of statements.txt, or the one of them.
part() {
    sed -n "/^-- $1\$/,/^-- /{/^-- /!p}" "$folder/statements.txt" \
        | sed -e "s|@LOAD@|$folder/load.csv|; s|@MODEL@|${database}_model|" \
            -e "s|@DATABASE@|$database|" \
        | sed -n "${2:-1,\$}p"
}
# Statements from standard input, in the database.
sql() { "$client" "${how[@]}" "$database" "$@"; }
ask() { sql <<<"$1;"; }
# show NAME: every line of standard input behind the name.
show() { sed "s/^/$1\t/"; }

"$client" "${how[@]}" <<<"DROP DATABASE IF EXISTS $database;
    CREATE DATABASE $database CHARACTER SET utf8mb4;"
ask "$(part hello)" | show hello
cipher=$(ask "SHOW STATUS LIKE 'Ssl_cipher'" | cut -f2)
printf 'wire\t%s\t%s\n' "$([ -n "$cipher" ] && echo on || echo off)" \
    "$(ask "SHOW STATUS LIKE 'Compression'" | cut -f2)"
part schema | sed 's/$/;/' | sql
ask "$(part text | sed -E 's/c_(binary|varbinary|blob)/LOWER(HEX(c_\1))/g
    s/c_bit/LOWER(LPAD(HEX(c_bit), 4, 0))/')" | show text
ask "$(part stored)" | show stored

ask "$(part changed); SELECT ROW_COUNT(), LAST_INSERT_ID()" | show changed
insert=$(part transaction 1) count=$(part transaction 2)
ask "START TRANSACTION; $insert; ROLLBACK; $count; START TRANSACTION; $insert; COMMIT; $count" \
    | paste - - | show transaction
part errors | while read -r statement; do
    ask "$statement" 2>&1 | sed -nE 's/^ERROR ([0-9]+) \(([0-9A-Z]+)\).*/error\t\1\nstate\t\2/p' \
        || true
done
ask "$(part load 1); SELECT ROW_COUNT()" | show load
ask "$(part load 2)" | show loaded

ask "$(part stream)" --quick | awk '{ n += 1; t += $1 } END { print "stream\t" n "\t" t }'
sql --delimiter=// <<<"$(part multi)//" | show multi

if [ "${1:-}" = model ]; then
    ask "DROP DATABASE $database"
    exit
fi
part model 1,3 | sed 's/$/;/' | sql
for _ in $(seq 600); do
    status=$(ask "$(part model 4)" | cut -f1)
    [[ $status != saved && $status != failed ]] || break
    sleep 0.05
done
echo "$status" | show model
ask "$(part model 5 | sed 's/?/5/; s/?/150/')" | show predict
ask "$(part model 6)"
ask "$(part model 4)" 2>&1 | sed -nE 's/^ERROR ([0-9]+).*/dropped\t\1/p' || true
ask "DROP DATABASE $database"
