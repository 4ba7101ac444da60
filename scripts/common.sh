# shellcheck shell=bash
# Messages, and steps: named pieces of work whose output goes to a log and whose outcome is one line.

# What the project's own code is in, but for tests, fuzzing, benchmarks and examples.
readonly rooms=(common src include outputs transports monitors daemon cli conformance plugins win32)

say() { printf '%s\n' "$*" >&2; }

die() {
    say "dev: $*"
    exit 1
}

usage_error() {
    say "dev: $*"
    say "Try ./dev --help"
    exit 2
}

no_arguments() { [ $# -eq 0 ] || usage_error "this command takes no arguments: $*"; }

jobs=$(nproc 2>/dev/null || echo 2)

# --- steps -----------------------------------------------------------------------------------------------------------

logs=$top/build/check-logs
tests_passed=0 # tests, and every step that is not itself a run of tests counted one by one
tests_failed=0
failed_steps=()
declare -A step_ok=() # by the name of the step's function
began=$SECONDS

# step TITLE FUNCTION [ARGUMENT...]
#
# Runs FUNCTION in a subshell under `set -e`. Whatever it prints goes to a log, shown where the step fails; what it
# hands to `report` is shown in any case. Never call step in a condition: bash would drop the `set -e`.
step() {
    local title=$1 function=$2 status start=$SECONDS
    local log=$logs/${2//_/-}.log
    shift
    mkdir -p "$logs"
    step_report=$log.report step_counts=$log.counts
    rm -f "$step_report" "$step_counts"
    [ ! -t 1 ] || printf '...   %s\r' "$title"
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    count_step "$status"
    if [ "$status" -eq 0 ]; then
        step_ok[$function]=1
        printf 'ok    %-66s %5d s\n' "$title" $((SECONDS - start))
    else
        failed_steps+=("$title")
        printf 'FAIL  %-66s %5d s\n' "$title" $((SECONDS - start))
    fi
    [ ! -f "$step_report" ] || sed 's/^/      /' "$step_report"
    if [ "$status" -ne 0 ]; then
        tail -n 40 "$log" | sed 's/^/      | /'
        printf '      (all of it: %s)\n' "${log#"$top"/}"
    fi
}

# step_after NEEDED TITLE FUNCTION [ARGUMENT...]: the same, but a failure without trying where NEEDED has not succeeded.
step_after() {
    if [ -n "${step_ok[$1]:-}" ]; then
        shift
        step "$@"
    else
        tests_failed=$((tests_failed + 1))
        failed_steps+=("$2")
        printf 'FAIL  %-66s not run: it builds on a step that failed\n' "$2"
    fi
}

# Called by a step: a line for the reader, whether the step succeeds or not.
report() { printf '%s\n' "$*" >>"$step_report"; }

# Called by a step that runs tests: how many passed and failed.
counts() { printf '%d %d\n' "$1" "$2" >"$step_counts"; }

count_step() {
    local passed=0 failed=0
    if [ -f "$step_counts" ]; then
        read -r passed failed <"$step_counts"
        [ "$1" -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    elif [ "$1" -eq 0 ]; then
        passed=1
    else
        failed=1
    fi
    tests_passed=$((tests_passed + passed))
    tests_failed=$((tests_failed + failed))
}

# The last words of lint and check; exits.
summary() {
    local title
    echo
    for title in "${failed_steps[@]}"; do
        printf 'failed: %s\n' "$title"
    done
    printf 'took %d min %d s\n' $(((SECONDS - began) / 60)) $(((SECONDS - began) % 60))
    printf '%d passed, %d failed\n' "$tests_passed" "$tests_failed"
    [ "$tests_failed" -eq 0 ] && [ "${#failed_steps[@]}" -eq 0 ] || exit 1
    exit 0
}
