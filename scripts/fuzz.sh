# shellcheck shell=bash
# Fuzz targets: fuzz/fuzz_NAME.c with its seeds in fuzz/corpus/NAME. What fuzzing finds stays below build/fuzz-found.

readonly fuzz_build=$top/build/check-sanitized # clang, ASan and UBSan, libFuzzer; the tests run in it too
readonly fuzz_found=$top/build/fuzz-found
readonly expected_targets=(between chain crl daemon device edid key oaep opm_device opm_session recording session socket srm x509)

export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
# leaks in memory the system's libraries keep on purpose would hide ours: none is suppressed so far

fuzz_targets() { find fuzz -maxdepth 1 -name 'fuzz_*.c' | sed -E 's|^fuzz/fuzz_(.*)\.c$|\1|' | sort; }

configure_sanitized() {
    configure "$fuzz_build" clang -Dfuzz=true -Dgstreamer=enabled -Dmpv=disabled -Dpython=disabled -Db_sanitize=address,undefined -Db_lundef=false -Dwerror="$(werror_for clang "$tested_clang")"
}

# All targets built, each with seeds. Fails where one is missing.
fuzz_ready() {
    local name targets bad=0
    targets=" $(fuzz_targets | tr '\n' ' ')"
    for name in "${expected_targets[@]}"; do
        [[ $targets == *" $name "* ]] || { echo "fuzz/fuzz_$name.c is missing" && bad=1; }
    done
    for name in $targets; do
        [ -x "$fuzz_build/fuzz/fuzz_$name" ] || { echo "fuzz_$name was not built: is it in fuzz/meson.build?" && bad=1; }
        [ -n "$(find "fuzz/corpus/$name" -type f -print -quit 2>/dev/null)" ] || { echo "fuzz/corpus/$name has no seeds" && bad=1; }
    done
    return "$bad"
}

# Every seed once.
fuzz_replay() {
    local name
    fuzz_ready
    for name in $(fuzz_targets); do
        "$fuzz_build/fuzz/fuzz_$name" -runs=0 "fuzz/corpus/$name"
        report "$name: $(find "fuzz/corpus/$name" -type f | wc -l) seeds"
    done
}

# fuzz_run SECONDS: every target for so long, as many at once as there are cores. Fails if one finds something.
fuzz_run() {
    local bad=0 name running=0
    for name in $(fuzz_targets); do
        fuzz_one "$name" "$1" &
        running=$((running + 1))
        if [ "$running" -ge "$jobs" ]; then
            wait -n || bad=1
            running=$((running - 1))
        fi
    done
    while [ "$running" -gt 0 ]; do
        wait -n || bad=1
        running=$((running - 1))
    done
    for name in $(fuzz_targets); do
        fuzz_verdict "$name"
    done
    return "$bad"
}

# New inputs go to build/, never to the seeds.
fuzz_one() {
    local found=$fuzz_found/$1 options=()
    mkdir -p "$found/corpus"
    rm -f "$found/ok"
    [ ! -f "fuzz/$1.dict" ] || options+=("-dict=fuzz/$1.dict")
    "$fuzz_build/fuzz/fuzz_$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$found/" "${options[@]}" "$found/corpus" "fuzz/corpus/$1" >"$found/log" 2>&1 || return 1
    touch "$found/ok"
}

fuzz_verdict() {
    local found=$fuzz_found/$1 runs features artifact
    if [ -f "$found/ok" ]; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$found/log")
        features=$(grep -oE 'ft: [0-9]+' "$found/log" | tail -1 | tr -dc '0-9')
        report "$(printf '%-10s %9d runs, %6d features, nothing found' "$1" "$runs" "$features")"
    else
        tail -n 40 "$found/log"
        artifact=$(grep -oE "Test unit written to .*" "$found/log" | sed 's/Test unit written to //' | tail -1)
        report "$1: FOUND SOMETHING: see ${found#"$top"/}/log"
        [ -z "$artifact" ] || report "  again: ${fuzz_build#"$top"/}/fuzz/fuzz_$1 ${artifact#"$top"/}"
    fi
}

build_fuzz() {
    local targets
    configure_sanitized
    mapfile -t targets < <(fuzz_targets | sed 's|^|fuzz/fuzz_|')
    [ "${#targets[@]}" -gt 0 ] || die "there is no fuzz target: fuzz/fuzz_NAME.c"
    compile "$fuzz_build" "${targets[@]}"
    fuzz_ready
}

fuzz_all() {
    step "fuzz targets built (clang, ASan, UBSan)" build_fuzz
    step_after build_fuzz "seeds replayed" fuzz_replay
    step_after build_fuzz "fuzzing, $1 s a target" fuzz_run "$1"
    summary
}
