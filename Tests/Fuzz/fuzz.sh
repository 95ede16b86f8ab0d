#!/bin/bash
# Builds the fuzz targets with libFuzzer and address sanitizer and runs each for a while.
# usage: fuzz.sh SECONDS [TARGET...]      TARGET: a file Fuzz<TARGET>.swift beside this one
# A failure leaves its input in .build/fuzz/crashes and ends with 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(Framing Handshake Execute Parser Translator Model)
out=.build/fuzz
mkdir -p "$out/crashes"

# The wire's targets need no tables, which take minutes to build.
library=BorealWire
modules=(BorealBase BorealWire)
for target in "${targets[@]}"; do
    case $target in
    Framing | Handshake | Execute | Model) ;;
    *)
        library=BorealTables
        modules=(BorealBase BorealSQL BorealSQLite BorealWire BorealTables)
        ;;
    esac
done
libraries=("$library")
if [[ " ${targets[*]} " == *" Model "* ]]; then
    libraries+=(BorealFormats)
    modules+=(BorealBoost BorealGraph BorealFormats)
fi

# The library targets, instrumented; objects are linked with each fuzz target by hand, because the
# package manager would want a main function and libFuzzer brings its own.
for library in "${libraries[@]}"; do
    swift build -c release --scratch-path "$out/build" --target "$library" \
        -Xswiftc -sanitize=fuzzer -Xswiftc -sanitize=address \
        -Xswiftc -assert-config -Xswiftc Debug
done
products="$out/build/release"
objects=()
for name in "${modules[@]}"; do
    # By the sources there are, for objects of sources that are gone stay in the folder.
    while IFS= read -r source; do objects+=("$products/$name.build/$source.o"); done \
        < <(cd "Sources/$name" && find . -name '*.swift' -printf '%f\n')
done
flags=(-I "$products/Modules")
folders=(CSQLite COpenSSL CZlib)
if [[ " ${targets[*]} " == *" Model "* ]]; then
    folders+=(CBZip2 CLZ4 CLZMA)
    flags+=(-Xcc "-fmodule-map-file=$products/CKernels.build/module.modulemap")
    flags+=(-Xcc -ISources/CKernels/include -lbz2 -llz4 -llzma)
    while IFS= read -r object; do objects+=("$object"); done \
        < <(find "$products/CKernels.build" "$products/CLinux.build" -name '*.o')
fi
for folder in "${folders[@]}"; do
    flags+=(-Xcc "-fmodule-map-file=Sources/$folder/module.modulemap")
done
clinux="$products/CLinux.build/module.modulemap"
flags+=(-Xcc "-fmodule-map-file=$clinux" -Xcc -ISources/CLinux/include)

# The search begins with the statements or transcripts of the fixtures, and with what earlier
# searches found (Fixtures/fuzz).
corpus() {
    local folder="$out/corpus/$1"
    mkdir -p "$folder"
    if [ -d "Fixtures/fuzz/$1" ]; then cp "Fixtures/fuzz/$1"/* "$folder"; fi
    python3 - "$folder" "$1" <<'PYTHON'
import hashlib, pathlib, sys
folder, target = pathlib.Path(sys.argv[1]), sys.argv[2]
if target in ("Framing", "Handshake"):
    for file in sorted(pathlib.Path("Fixtures/transcripts").glob("*.txt")):
        lines = [line.split()[1] for line in file.read_text().split("\n") if line.startswith("C>")]
        packets = [bytes.fromhex(line) for line in lines]
        sent = b"".join(packets if target == "Handshake" else packets[1:])
        for cut in (b"\x02", b"\xff"):
            (folder / (file.stem + cut.hex())).write_bytes(cut + sent)
if target == "Model":
    endings = ["json", "ubj", "model", "cbm", "pkl", "joblib", "txt", "onnx", "pmml", "boreal"]
    for file in sorted(pathlib.Path("Fixtures/models").glob("*/*")):
        ending = file.suffix[1:]
        if ending in endings and file.name != "manifest.json" and file.stat().st_size < 1 << 16:
            (folder / file.parent.name).write_bytes(
                bytes([endings.index(ending)]) + file.read_bytes())
if target not in ("Parser", "Translator"):
    sys.exit()
prefix = "\0" if target == "Parser" else ""
for file in sorted(pathlib.Path("Fixtures/sql").glob("*.sql")):
    for text in file.read_text().split("\n"):
        if not text or text.startswith(("=>", "!>")):
            continue
        name = hashlib.sha1(text.encode()).hexdigest()
        (folder / name).write_text(prefix + text)
PYTHON
}

export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0
for target in "${targets[@]}"; do
    echo "fuzz: $target, $seconds s"
    sources=("Tests/Fuzz/Fuzz$target.swift")
    case $target in Framing | Handshake | Execute) sources+=(Tests/Fuzz/WireDriver.swift) ;; esac
    swiftc -module-cache-path "$out/modules" -parse-as-library -O -swift-version 6 \
        -use-ld=lld -sanitize=fuzzer,address "${flags[@]}" \
        -enable-upcoming-feature MemberImportVisibility \
        "${sources[@]}" "${objects[@]}" -lsqlite3 -lssl -lcrypto -lz \
        -o "$out/Fuzz$target"
    corpus "$target"
    longest=2048
    if [ "$target" = Model ]; then longest=65536; fi
    "$out/Fuzz$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 \
        -max_len="$longest" \
        -dict=Tests/Fuzz/sql.dict -artifact_prefix="$out/crashes/$target-" -print_final_stats=1 \
        "$out/corpus/$target" > "$out/$target.log" 2>&1 || {
        grep -E "Fatal error|ERROR|SUMMARY|Test unit written" "$out/$target.log" | head -20 >&2
        echo "fuzz: $target failed; the whole log is $out/$target.log" >&2
        exit 1
    }
    grep -E "stat::number_of_executed_units|stat::average_exec_per_sec" "$out/$target.log"
done
