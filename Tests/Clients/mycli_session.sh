#!/bin/bash
# Asks a running server through mycli: mycli_session.sh HOST PORT
# Exit codes: 0 everything as expected, 1 something was not, 77 mycli is not installed.
set -euo pipefail

command -v mycli >/dev/null || { echo "mycli is not installed" >&2; exit 77; }
# Its own file of settings would be written into the home directory.
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
ask() {
    HOME=$home mycli --host "$1" --port "$2" --user root --password= --format csv --execute "$3" \
        </dev/null
}
fail() { echo "mycli_session: $1" >&2; exit 1; }

printed=$(ask "$1" "$2" "SELECT 1 + 1 AS two, 'häå' AS text")
[[ $printed == *'two'*'häå'* ]] || fail "an answer: $printed"
ask "$1" "$2" 'CREATE DATABASE mycli' >/dev/null
printed=$(ask "$1" "$2" 'SHOW DATABASES')
[[ $printed == *mycli* ]] || fail "databases: $printed"
printed=$(ask "$1" "$2" '/*polar4ai*/SHOW MODELS')
[[ $printed != *rror* ]] || fail "models: $printed"
if printed=$(ask "$1" "$2" 'SELECT * FROM mycli.missing' 2>&1); then fail "no error: $printed"; fi
[[ $printed == *1146* ]] || fail "an error: $printed"
ask "$1" "$2" 'DROP DATABASE mycli' >/dev/null
echo "mycli_session: as expected"
