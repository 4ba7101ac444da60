# shellcheck shell=bash
# Everything there is to check. Steps that do not build on one another all run, whatever failed before.

readonly rules_log=$top/build/check-logs/rules.log
readonly coverage_build=$top/build/check-coverage
readonly coverage_goal=95 # per cent of the lines of src/
readonly fuzz_seconds=20

check_all() {
    lint_all
    step_after build_gcc "tests: unit and interop (gcc)" test_gcc
    step_after test_gcc "conformance: which cases find which fault" fault_table "$lint_build"
    step_after build_gcc "conformance: the list of cases is up to date, and no rule is left out" check_conformance "$lint_build"
    step_after build_gcc "tests: unit under valgrind, for memory read before it is written" test_valgrind
    step_after build_gcc "keys in a PKCS#11 token: tool and coppd" check_pkcs11 "$lint_build"
    step_after build_gcc "kernel: plain, with a graphics card, with systemd (QEMU)" check_kernel "$lint_build"
    step "Python: types (mypy --strict)" check_python_types
    step_after build_gcc "exported symbols: library, map and headers agree" check_symbols
    step_after build_gcc "ABI: programs built with the last release run (abidiff)" check_abi
    step_after build_gcc "install: headers, pkg-config, programs shared and static" check_install
    step_after check_install "Python: pip install, and pytest with what it has installed" check_pip
    step_after check_install "uninstall leaves nothing" check_uninstall
    step "Debian packages: each file in one of them" check_packages
    step "clang build with ASan and UBSan, -Werror" build_sanitized
    step_after build_sanitized "tests under ASan and UBSan" test_sanitized
    step_after build_sanitized "fuzz: seeds replayed" fuzz_replay
    step_after build_sanitized "fuzz: $fuzz_seconds s a target" fuzz_run "$fuzz_seconds"
    step "windows: both architectures, built with MinGW-w64" cross_all
    step_after cross_all "windows: imports and exports" check_pe_files
    step_after cross_all "windows: no circle of calls" lint_calls_windows
    step_after cross_all "windows: 64-bit tests under Wine" test_wine64
    step "windows: a 32-bit Wine, in a directory of its own" wine32_root
    step_after wine32_root "windows: 32-bit tests under Wine" test_wine32
    step_after test_gcc "rules: each has a test that passed, each is cited" rule_table "$rules_log" # some are Windows' alone
    step "coverage of src/: $coverage_goal % of the lines or more" check_coverage
    summary
}

build_sanitized() {
    configure_sanitized
    compile "$fuzz_build"
    warnings_of "$fuzz_build"
}

test_gcc() {
    local passed failed
    rm -f "$rules_log"
    COPP_RULES_LOG=$rules_log run_tests "$lint_build" --timeout-multiplier 3 || true # longer on a busy machine is not a hang
    read -r passed failed < <(count_tests "$lint_build")
    counts "$passed" "$failed"
    report "$passed tests passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# What the sanitizers do not see. Not the suites that make RSA keys or run long random sequences: a minute is enough.
test_valgrind() {
    run_tests "$lint_build" --timeout-multiplier 10 \
        --wrapper 'valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite' \
        wire crypto crypto-libgcrypt keys keys-libgcrypt chain revocation device device_faults connector sides sim faults
}

test_sanitized() {
    # browser looks at the pages that the other build makes, and players takes minutes for what conformance_players has run
    run_tests "$fuzz_build" --timeout-multiplier 5 --no-suite browser --no-suite players
}

run_tests() {
    local directory=$1
    shift
    CMOCKA_MESSAGE_OUTPUT=TAP meson test -C "$directory" --no-rebuild --print-errorlogs --num-processes "$jobs" "$@" ||
        report_failed_tests "$directory"
}

# The inner loop: only what was asked for, in the build directory that `./dev check` uses too.
test_suites() {
    local name known step_report=/dev/stderr
    build_gcc >&2
    known=$(meson test -C "$lint_build" --list 2>/dev/null | sed 's/.* \/ //')
    if [ "${1:-}" = --list ]; then
        [ $# -eq 1 ] || usage_error "--list stands alone"
        printf '%s\n' "$known" | sort
        return
    fi
    for name in "$@"; do
        grep -qxF -- "$name" <<<"$known" || usage_error "no test suite is called '$name'; ./dev test --list names them"
    done
    meson test -C "$lint_build" --no-rebuild --print-errorlogs --num-processes "$jobs" "$@"
}

# What failed in the last run in a build directory, and its last lines; fails.
report_failed_tests() {
    jq -r '
        select(.result != "OK" and .result != "EXPECTEDFAIL")
        | "\(.name): \(.result) after \(.duration | floor) s",
          (((.stdout // "") + (.stderr // "")) | split("\n") | map(select(. != "" and (test("^ok ") | not))) | .[-8:][] | "    \(.)")
        ' "$1/meson-logs/${test_log:-testlog}.json" >>"$step_report"
    return 1
}

# "PASSED FAILED" of the last run in a build directory. A program that prints TAP counts as its tests, any other as one;
# one that ends badly without a test that failed counts as a failure more. A test skipped is a test failed.
count_tests() {
    jq -rs '
        map((.result == "OK") as $good
            | [(.stdout // "") | split("\n")[] | select(test("^(not )?ok [0-9]"))] as $tap
            | ([$tap[] | select(test("^ok ") and (test("# SKIP"; "i") | not))] | length) as $ok
            | if ($tap | length) == 0 then (if $good then [1, 0] else [0, 1] end)
              else [$ok, ([($tap | length) - $ok, (if $good then 0 else 1 end)] | max)] end)
        | "\(map(.[0]) | add // 0) \(map(.[1]) | add // 0)"' "$1/meson-logs/${test_log:-testlog}.json"
}

# By the library's own tests: daemon, tool and outputs reach 2 lines of src/ more, and take ten times as long.
check_coverage() {
    local summary=$coverage_build/coverage.json
    configure "$coverage_build" gcc -Dbuildtype=debug -Db_coverage=true -Dbench=false -Dgstreamer=disabled -Dmpv=disabled -Dpython=disabled -Dwerror=false
    compile "$coverage_build"
    find "$coverage_build" -name '*.gcda' -delete
    run_tests "$coverage_build" --suite unit --timeout-multiplier 3
    (cd "$coverage_build" && gcovr -r "$top" --object-directory . -f "$top/src/" --txt coverage.txt --json-summary "$summary" .)
    cat "$coverage_build/coverage.txt"
    report "$(jq -r '"\(.line_covered) of \(.line_total) lines, \(.line_percent) %"' "$summary")"
    jq -r '.files[] | select(.line_percent < '"$coverage_goal"') | "  \(.filename): \(.line_percent) %"' "$summary" |
        while read -r line; do report "$line"; done
    report "(in full: ${coverage_build#"$top"/}/coverage.txt)"
    jq -e ".line_percent >= $coverage_goal" "$summary" >/dev/null
}
