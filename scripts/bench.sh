# shellcheck shell=bash
# Measurements: an optimised build, and what bench/copp-bench OUT says in it: a table, and OUT in JSON.

readonly bench_build=$top/build/bench-release

bench_all() {
    configure "$bench_build" "${CC:-cc}" -Dbuildtype=release -Dtests=false -Dwerror=false >&2
    compile "$bench_build" >&2
    "$bench_build/bench/copp-bench" "$top/build/bench.json"
    say "written: build/bench.json"
}
