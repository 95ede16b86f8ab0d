#!/bin/bash
# Runs sysbench and mysqlslap against a running server for a moment: load_tools.sh HOST PORT
# Exit codes: 0 both ran without an error, 1 one had errors, 77 one is not installed.
set -euo pipefail

for tool in sysbench mysqlslap mysql; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 77; }
done
to=(--no-defaults "-h$1" "-P$2" -uroot)
fail() { echo "load_tools: $*" >&2; exit 1; }

mysql "${to[@]}" -e 'DROP DATABASE IF EXISTS sysbench; CREATE DATABASE sysbench'
for script in oltp_read_write oltp_point_select; do
    for step in prepare run cleanup; do
        printed=$(sysbench "$script" --mysql-host="$1" --mysql-port="$2" --mysql-user=root \
            --mysql-db=sysbench --tables=2 --table-size=200 --threads=4 --time=1 --events=200 \
            "$step") || fail "$script $step: $printed"
        [ "$step" != run ] || grep -qE 'queries: +[1-9]' <<<"$printed" \
            || fail "no queries: $printed"
        ! grep -qE 'ignored errors: +[1-9]' <<<"$printed" || echo "load_tools: retries in $script"
    done
done
mysql "${to[@]}" -e 'DROP DATABASE sysbench'

slap() { mysqlslap "${to[@]}" --silent "$@" 2>&1; }
printed=$(slap --auto-generate-sql --auto-generate-sql-load-type=mixed --concurrency=4 \
    --number-of-queries=200 --auto-generate-sql-add-autoincrement) || fail "mysqlslap: $printed"
# With --query it makes no schema, and takes clients that find none for clients that are done.
mysql "${to[@]}" -e 'CREATE DATABASE IF NOT EXISTS mysqlslap'
printed=$(slap --create-schema=mysqlslap --no-drop --query='SELECT 1; SELECT 2' --delimiter=';' \
    --concurrency=4 --iterations=5 2>&1) || fail "mysqlslap: $printed"
mysql "${to[@]}" -e 'DROP DATABASE IF EXISTS mysqlslap'
echo "load_tools: as expected"
