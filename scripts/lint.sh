# shellcheck shell=bash
# What a reader would otherwise have to look for: form, suspicious code, and the project's own rules of structure.

readonly lint_build=$top/build/check-gcc # also what the tests run in
readonly c_directories=("${rooms[@]}" tests examples fuzz bench)

c_files() { find "${c_directories[@]}" \( -name '*.c' -o -name '*.h' \) -type f | sort; }

# Every text file of the project.
text_files() {
    find . \( -path ./build -o -path './build-*' -o -path ./.git -o -path ./tests/vectors -o -path ./fuzz/corpus \) -prune -o -type f -print |
        sort
}

lint_all() {
    step "lint: shell scripts (shellcheck)" lint_shell
    step "lint: formatting (clang-format)" lint_format
    step "lint: no marks of unfinished work" lint_marks
    step "lint: no words that must be read twice (docs/style.md)" lint_words
    step "lint: pictures are made of their sources" check_pictures
    step "lint: files of at most 600 lines" lint_file_length
    step "lint: layers: who may include what" lint_layers
    step "lint: no name that was given up (scripts/old-names.txt)" lint_old_names
    step "lint: no circle of includes" lint_circles
    step "lint: library without memcmp, stdio, sockets, threads" lint_library_calls
    step "lint: public headers alone, C11 and C++17, gcc and clang" lint_headers
    step "gcc -Wall -Wextra -Wconversion -Werror, everything" build_gcc
    step_after build_gcc "lint: library without mutable globals" lint_globals
    step_after build_gcc "lint: no circle of calls" lint_calls
    step_after build_gcc "lint: what the library imports (scripts/imports.txt)" lint_imports
    step_after build_gcc "lint: clang-tidy, functions of at most 60 lines" lint_tidy
    step "lint: clang-tidy, what is compiled for Windows alone" lint_tidy_windows
}

# The build the tests run in, with all that is optional; its warnings are the strictest gcc has for us (see meson.build).
build_gcc() {
    configure "$lint_build" gcc -Dgstreamer=enabled -Dmpv=enabled -Dpython=enabled -Dwerror="$(werror_for gcc "$tested_gcc")"
    compile "$lint_build"
    warnings_of "$lint_build"
}

# Compilers newer than the tested ones may warn of more; that is said, and breaks nothing.
warnings_of() {
    local count
    count=$(grep -c 'warning: ' "$1/compile.log" || true)
    [ "$count" -eq 0 ] || report "$count warnings of a compiler newer than those this project is tested with: ${1#"$top"/}/compile.log"
}

lint_shell() {
    local files
    # the files below scripts/ make sense only as parts of dev
    mapfile -t files < <(text_files | grep -v '^\./scripts/' | while read -r file; do
        ! head -c 40 "$file" | grep -aqE '^#!.*\b(ba|da)?sh\b' || echo "$file"
    done)
    shellcheck --external-sources --check-sourced --source-path=SCRIPTDIR "${files[@]}"
}

# Releases of clang-format differ in what they make of one .clang-format; only the tested one's word counts.
lint_format() {
    local files
    mapfile -t files < <(c_files)
    if [ "$(major_of clang-format)" -eq "$tested_clang" ]; then
        clang-format --dry-run -Werror "${files[@]}"
    else
        clang-format --dry-run "${files[@]}"
        report "clang-format is not version $tested_clang: what it says is in the log and does not count"
    fi
}

major_of() { "$1" --version | sed -n 's/.*version \([0-9]\+\).*/\1/p' | sed -n 1p; }

lint_marks() {
    local files
    mapfile -t files < <(text_files)
    # the brackets keep this line from finding itself
    ! grep -nIwE 'TOD[O]|FIXM[E]|XX[X]|HAC[K]|not (yet )?implemente[d]' "${files[@]}"
}

# docs/conformance.md is made from the cases, whose texts are searched where they stand.
lint_words() {
    local files pattern advice bad=0
    mapfile -t files < <(text_files | grep -vE '^\./(scripts/words\.txt|docs/(style|conformance)\.md|LICENSE.*|.*\.xml)$')
    while IFS=$'\t' read -r pattern advice; do
        [[ -n $pattern && $pattern != '#'* ]] || continue
        ! grep -nIP -- "$pattern" "${files[@]}" || { echo "write: $advice" && bad=1; }
    done <scripts/words.txt
    return "$bad"
}

lint_file_length() {
    local file lines bad=0
    while read -r file; do
        lines=$(wc -l <"$file")
        [ "$lines" -le 600 ] || { echo "$file has $lines lines: is it one thing?" && bad=1; }
    done < <(find "${rooms[@]}" \( -name '*.c' -o -name '*.h' \) | sort)
    return "$bad"
}

# Data flows one way: bytes -> wire -> session or device -> connector -> output. What each directory may include of the
# project; the patterns are extended regular expressions for what stands between the quotes or angle brackets.
lint_layers() {
    local bad=0
    # what of common/ is inline, since its archive is not part of the library; src/ reads no clock
    local inline='common/(base64|call|sized|text|transfer|wide_windows)\.h'
    allow src/base "$inline|"'base/.*|copp/(base|log)\.h'
    allow src/wire "$inline|"'base/.*|wire/.*|copp/(base|protocol|handshake|key|omac|opm)\.h'
    allow src/crypto "$inline|"'(base|wire|crypto)/.*|copp/(base|protocol|log|handshake|key|omac)\.h'
    allow src/certificate "$inline|"'(base|wire|crypto|certificate)/.*|copp/(base|log|protocol|key|omac|certificate|revocation|srm|x509)\.h'
    allow src/session "$inline|"'(base|wire|crypto|certificate|session)/.*|copp/(base|log|protocol|opm|key|omac|handshake|certificate|revocation|srm|x509|transport|session)\.h'
    allow src/device "$inline|"'(base|wire|crypto|device)/.*|certificate/srm\.h|copp/(base|log|protocol|key|omac|opm|handshake|srm|transport|output|device|ddi)\.h'
    allow outputs 'common/.*|outputs/.*|sim/.*|.*-client-protocol\.h|copp/(base|log|protocol|key|opm|srm|transport|output|device|monitor|sim)\.h'
    allow monitors "$inline|"'common/printable\.h|monitors/.*|copp/(base|protocol|monitor)\.h'
    allow transports "$inline|"'common/clock\.h|(base|wire|transports)/.*|copp/(base|opm|protocol|transport|socket)\.h'
    allow daemon 'common/.*|daemon/.*|outputs/.*|packet\.h|wire/.*|copp\.h|copp/.*'
    allow cli 'common/.*|cli/.*|conformance/.*|outputs/.*|copp\.h|copp/.*'
    allow plugins 'common/(clock|hierarchy|hierarchy_opm)\.h|plugins/.*|copp\.h' # and public headers, as others do
    allow conformance 'common/.*|conformance/.*|copp\.h|copp/.*'
    allow win32 'common/.*|win32/.*|conformance/player/packets\.h|copp\.h|copp/.*'
    allow common 'common/.*|copp/(certificate|key|socket|transport|x509)\.h'
    allow include 'copp/.*'
    only_in 'openssl/.*' src/crypto
    only_in 'gcrypt\.h' src/crypto
    only_in 'expat\.h' src/certificate
    return "$bad"
}

# allow DIRECTORY PATTERN: its includes in quotes are its own files or match the pattern. Ours stand in quotes, only examples
# include <copp.h> as others do.
allow() {
    local file line name place
    while IFS=: read -r file line name; do
        for place in src include .; do
            [ ! -f "$place/$name" ] || { echo "$file:$line: write \"$name\", in quotes" && bad=1; }
        done
    done < <(includes '<' "$1")
    while IFS=: read -r file line name; do
        [ ! -f "${file%/*}/$name" ] || name=$(realpath --relative-to="$top" "${file%/*}/$name")
        name=${name#src/} name=${name#include/}
        [[ $name =~ ^($2)$ ]] || { echo "$file:$line: $1 may not include \"$name\"" && bad=1; }
    done < <(includes '"' "$1")
}

# only_in PATTERN DIRECTORY: includes that match stand nowhere else in the library.
only_in() {
    local file line name
    while IFS=: read -r file line name; do
        [[ ! $name =~ ^($1)$ ]] || [[ $file == "$2"/* ]] || { echo "$file:$line: only $2 may include <$name>" && bad=1; }
    done < <(includes '<' src include outputs)
}

# includes QUOTE DIRECTORY...: "file:line:name" of each include that begins with QUOTE.
includes() {
    local quote=$1
    shift
    grep -rnE --include='*.[ch]' "^[[:space:]]*#[[:space:]]*include[[:space:]]*$quote" "$@" |
        sed -E 's/^([^:]*:[0-9]+):[^"<]*["<]([^">]*)[">].*/\1:\2/' || true
}

# The library compares with copp_equal alone, and leaves files, sockets and threads to others; only what plainly stores a
# file (src/certificate) uses POSIX calls for that. src/base/fork_posix.c has to know of fork() what only pthread.h tells.
lint_library_calls() {
    local bad=0
    ! grep -rnwE --include='*.[ch]' 'memcmp|bcmp' src || { echo "compare with copp_equal (copp/base.h)" && bad=1; }
    ! includes '<' src | grep -v '^src/base/fork_posix\.c:' | grep -E ':(stdio|wchar|syslog|pthread|threads|signal|poll|netdb|sys/(socket|epoll|select|un)|(netinet|arpa|net)/.*)\.h$' || bad=1
    return "$bad"
}

lint_headers() {
    headers_alone include -Iinclude
    headers_alone outputs/wayland -Iinclude -Ioutputs/wayland
    headers_alone outputs/kms/library -Iinclude -Ioutputs/kms/library
    # copp.h says what becomes of NULL: a compiler that is told that there is none takes the check for it away
    ! grep -rniE --include='*.[ch]' 'no[n]null' include src outputs transports monitors || return 1
    # docs/abi.md: enumerators keep their values, and one that counts the others would not
    ! grep -rnE '^[[:space:]]*COPP_[A-Z0-9_]*_(COUNT|LAST|MAX)\>[^;]*$' include || return 1
}

# headers_alone DIRECTORY FLAG...: each public header compiles by itself, and asks for nothing but the standard library.
headers_alone() {
    local directory=$1 header name flags bad=0 standard
    shift
    flags=(-fsyntax-only -Wall -Wextra -Wpedantic -Werror "$@")
    while read -r header; do
        name=${header#"$directory"/}
        for standard in 'gcc -x c -std=c11' 'clang -x c -std=c11' 'g++ -x c++ -std=c++17' 'clang++ -x c++ -std=c++17'; do
            # shellcheck disable=SC2086 # a compiler and its options
            printf '#include <%s>\n' "$name" | $standard "${flags[@]}" - || { echo "$name does not compile alone with $standard" && bad=1; }
        done
        ! grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' "$header" |
            grep -vE '<(stdint|stddef|stdbool)\.h>' || { echo "$name includes more than the standard library" && bad=1; }
    done < <(find "$directory" -path "$directory/copp*" -name '*.h' | sort)
    return "$bad"
}

# Sections that can be written to: none of the library's objects has any, but for the one that tells which process this is: the
# process belongs to no object. (Tables of constant pointers are relocated once, in .data.rel.ro, and then read-only.)
lint_globals() {
    local objects
    mapfile -t objects < <(find "$lint_build"/src/libcopp.so.*.p "$lint_build"/src/libcopp-floor.a.p -name '*.o' ! -name '*fork_posix.c.o' &&
        find "$lint_build"/src/libcopp-libgcrypt.a.p -name 'crypto_*.o')
    size -A "${objects[@]}" | awk '
        /:$/ { object = $1 }
        $1 ~ /^\.(data|bss|tdata|tbss)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0 { print object, $1, "has", $2, "bytes that can be written to"; bad = 1 }
        END { exit bad }'
    nm "${objects[@]}" | awk '$2 == "C" { print "common symbol", $3; bad = 1 } END { exit bad }'
}

# What to look for stands in .clang-tidy. Newer releases look for more; again only the tested one's word counts.
lint_tidy() {
    local files once=$top/build/check-tidy
    # a file that several targets have is looked at once
    mkdir -p "$once"
    jq 'unique_by(.file)' "$lint_build/compile_commands.json" >"$once/compile_commands.json"
    mapfile -t files < <(jq -r '.[] | if .file | startswith("/") then .file else "\(.directory)/\(.file)" end' "$once/compile_commands.json" | xargs realpath | grep -v '/_native\.c$' | sort -u) # that one cffi writes
    tidy "$once" "${files[@]}"
}

# With MinGW-w64's headers, and the system's for what is not a part of Windows (jansson.h, cmocka.h).
lint_tidy_windows() {
    local files where=$top/build/check-tidy-windows
    mkdir -p "$where"
    printf '%s\n' --target=x86_64-w64-mingw32 -std=c11 "-I$top/include" "-I$top/src" "-I$top" -idirafter /usr/include \
        -D{_WIN32_WINNT=0x0600,COBJMACROS,CINTERFACE,_GNU_SOURCE,__USE_MINGW_ANSI_STDIO=1} >"$where/compile_flags.txt"
    mapfile -t files < <(find "$top"/{win32,tests/interop} -name '*.c' ! -name '*_posix.c' &&
        find "$top"/{cli,conformance,src,tests/conformance,tests/unit} -path '*/cli/windows/*.c' -o -name '*windows*.c' -o -name crypto_kit_libgcrypt.c)
    tidy "$where" "${files[@]}"
}

# tidy DIRECTORY FILE...: with the flags that are found in DIRECTORY
tidy() {
    local directory=$1 options=() status=0
    shift
    [ "$(major_of clang-tidy)" -eq "$tested_clang" ] || options=(--warnings-as-errors=-*)
    (cd "$directory" && printf '%s\0' "$@" | xargs -0 -n 4 -P "$jobs" \
        clang-tidy --quiet -p . --header-filter="^$top/($(IFS='|' && echo "${rooms[*]}"))/" "${options[@]}") 2>&1 |
        sed '/warnings\? generated/d' || status=$?
    [ "${#options[@]}" -eq 0 ] || report "clang-tidy is not version $tested_clang: its warnings are in the log and do not count"
    return "$status"
}
