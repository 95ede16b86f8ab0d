#!/bin/bash
# Runs mysqladmin, mysqlshow, mysqlcheck and mysqlimport against a running server and checks what
# they print: mysql_tools.sh HOST PORT
# Exit codes: 0 everything as expected, 1 something was not, 77 a tool is not installed.
set -euo pipefail

for tool in mysql mysqladmin mysqlshow mysqlcheck mysqlimport; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2; exit 77; }
done
to=(--no-defaults "-h$1" "-P$2" -uroot)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

expect() {
    local what=$1 pattern=$2 text=$3
    grep -qE "$pattern" <<<"$text" && return
    printf 'mysql_tools: %s: no %s in:\n%s\n' "$what" "$pattern" "$text" >&2
    exit 1
}

expect ping 'is alive' "$(mysqladmin "${to[@]}" ping)"
expect status '^Uptime: [0-9]+' "$(mysqladmin "${to[@]}" status)"
expect version 'Server version[[:space:]]+(8\.0|.*MariaDB)' "$(mysqladmin "${to[@]}" version)"
expect extended-status 'Threads_connected *\| [1-9]' "$(mysqladmin "${to[@]}" extended-status)"
expect variables 'sql_mode *\| (ONLY_FULL_GROUP_BY|STRICT_)' "$(mysqladmin "${to[@]}" variables)"
expect processlist 'show processlist' "$(mysqladmin "${to[@]}" processlist)"
mysqladmin "${to[@]}" create tools
mysqladmin "${to[@]}" flush-tables

mysql "${to[@]}" tools -e "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(5), KEY k (b))"
printf '1\tx\n2\ty\n' >"$folder/t.txt"
expect import 'tools.t: Records: 2 ' "$(mysqlimport "${to[@]}" --local tools "$folder/t.txt")"
expect databases '\| tools ' "$(mysqlshow "${to[@]}")"
expect tables '\| t ' "$(mysqlshow "${to[@]}" tools)"
expect columns '\| b .*varchar\(5\)' "$(mysqlshow "${to[@]}" tools t)"
expect keys '\| PRIMARY ' "$(mysqlshow "${to[@]}" -k tools t)"
expect counts '\| t *\| *2 \| *2 \|' "$(mysqlshow "${to[@]}" --count tools)"
expect state '\| t *\| InnoDB ' "$(mysqlshow "${to[@]}" --status tools)"
expect check 'tools\.t +OK' "$(mysqlcheck "${to[@]}" tools)"
expect analyze 'tools\.t +OK' "$(mysqlcheck "${to[@]}" --analyze tools)"
expect optimize '(tools\.t|status) +:? ?OK' "$(mysqlcheck "${to[@]}" --optimize tools)"
expect drop 'dropped' "$(mysqladmin "${to[@]}" -f drop tools)"
echo "mysql_tools: as expected"
