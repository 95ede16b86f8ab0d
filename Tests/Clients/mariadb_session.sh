#!/bin/bash
# Holds the README's session with a running server through the mariadb command line and checks
# what it prints.
#
#   mariadb_session.sh CLIENT_CNF [OPTION ...]      with the option file that the server wrote
#   mariadb_session.sh HOST PORT [OPTION ...]       as root without a password
#
# Options go to the client as they are, for example -c (keep comments). Exit codes: 0 everything as
# documented, 1 an answer was not, 2 wrong usage, 77 no client is installed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
data=$here/../../Fixtures/data

client=$(command -v mariadb || command -v mysql) || { echo "no mariadb client" >&2; exit 77; }
if [ $# -ge 1 ] && [ -f "$1" ]; then
    how=("--defaults-file=$1")
    shift
elif [ $# -ge 2 ]; then
    how=(--no-defaults "--host=$1" "--port=$2" --protocol=TCP --user=root --local-infile=1)
    shift 2
else
    echo "usage: $0 CLIENT_CNF|HOST PORT [OPTION ...]" >&2
    exit 2
fi
options=("$@")

ask() { "$client" "${how[@]}" "${options[@]}" --table --execute "$1"; }
value() { "$client" "${how[@]}" "${options[@]}" --batch --skip-column-names --execute "$1"; }
fail() { echo "mariadb_session: $1" >&2; exit 1; }
expect() { [[ $1 == *"$2"* ]] || fail "expected '$2' in:"$'\n'"$1"; }

# until_state SQL STATE...: repeats a statement until its first word is one of the states.
until_state() {
    local sql=$1 row state
    shift
    for _ in $(seq 1200); do
        row=$(value "$sql")
        for state in "$@"; do
            [[ ${row%%$'\t'*} == "$state" ]] && { printf '%s\n' "$row"; return; }
        done
        sleep 0.1
    done
    fail "no end of: $sql"
}

features='Airline,Flight,AirportFrom,AirportTo,DayOfWeek,Time,Length'
script=$(sed -e "s|@TRAIN@|$data/airlines_sample_train.csv|" \
    -e "s|@TEST@|$data/airlines_sample_test.csv|" "$here/session.sql")
printed=$("$client" "${how[@]}" "${options[@]}" --table <<<"$script")
expect "$printed" '21632'
expect "$printed" '5337'

row=$(until_state '/*polar4ai*/SHOW MODEL airlines_gbm' saved failed)
[[ $row == saved* ]] || fail "the model: $row"
expect "$(ask '/*polar4ai*/SHOW MODEL airlines_gbm')" '| modelStatus | modelPath'
expect "$(ask '/*polar4ai*/SHOW MODELS')" '| airlines_gbm | lightgbm    | saved        |'
expect "$(ask '/*polar4ai*/DESCRIBE MODEL airlines_gbm')" 'feature important:'

task=$(value "/*polar4ai*/SELECT Delay FROM EVALUATE(MODEL airlines_gbm,
    SELECT * FROM db4ai.airlines_test)
    WITH (x_cols='$features', y_cols='Delay', metrics='acc')")
row=$(until_state "/*polar4ai*/SHOW TASK \`$task\`" finish fail)
[[ $row == finish* ]] || fail "the evaluation: $row"
expect "$row" '{"acc": 0.6'

predict="/*polar4ai*/SELECT Delay FROM PREDICT(MODEL airlines_gbm,
    SELECT * FROM db4ai.airlines_test LIMIT"
printed=$(ask "$predict 10) WITH (x_cols='$features')")
expect "$printed" '| Delay | predicted_results |'
[ "$(grep -cE '^\| +[01] \| [01] +\|$' <<<"$printed")" = 10 ] || fail "ten rows expected: $printed"
if printed=$(ask "$predict 1001) WITH (x_cols='$features')" 2>&1); then
    fail "1,001 rows were answered"
fi
expect "$printed" "ERROR 9050 (HY000) at line 1: Please limit the SQL selected data length to less \
than '1000' or convert to offline prediction"

ask '/*polar4ai*/DROP MODEL airlines_gbm'
[ -z "$(value '/*polar4ai*/SHOW MODELS')" ] || fail "a model is left"
echo "mariadb_session: everything as documented"
