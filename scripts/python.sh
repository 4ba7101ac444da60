# shellcheck shell=bash
# The Python package as its users have it: its types, and installed by pip.

readonly pip_directory=$top/build/check-pip

check_python_types() {
    MYPYPATH=plugins/python mypy --strict --python-executable /usr/bin/python3 --cache-dir "$top/build/check-mypy" \
        plugins/python/copp plugins/python/build_native.py examples/python/player.py tests/plugins/python
}

# From a copy of the tree, since what building leaves would lie in it. The fixtures are found by what pip has installed, and the library
# is the staged one: call it while that is there.
check_pip() {
    local passed failed
    rm -rf "$pip_directory"
    mkdir -p "$pip_directory"
    cp -r plugins/python "$pip_directory/source"
    (
        staged_environment
        cd "$pip_directory/source"
        /usr/bin/python3 -m pip --disable-pip-version-check install --no-build-isolation --no-index --no-deps \
            --target "$pip_directory/installed" .
    )
    [ "$(cd "$pip_directory/installed" && echo copp/_native*.so)" = copp/_native.abi3.so ] || { echo "not of the limited API" && return 1; }
    (
        staged_environment
        export PYTHONPATH=$pip_directory/installed COPP=$lint_build/copp COPPD=$lint_build/daemon/coppd
        timeout 300 /usr/bin/python3 -B -X dev -m pytest -p no:cacheprovider -W error --junit-xml "$pip_directory/results.xml" \
            tests/plugins/python
    ) || true
    read -r passed failed < <(count_pytest "$pip_directory/results.xml")
    counts "$passed" "$failed"
    report "$passed tests passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# count_pytest FILE: "PASSED FAILED" of a report as JUnit writes it; one that was skipped has failed.
count_pytest() {
    /usr/bin/python3 - "$1" <<'PYTHON'
import sys
import xml.etree.ElementTree

suite = next(xml.etree.ElementTree.parse(sys.argv[1]).iter("testsuite"))
failed = sum(int(suite.get(kind, "0")) for kind in ("errors", "failures", "skipped"))
print(int(suite.get("tests", "0")) - failed, failed)
PYTHON
}
