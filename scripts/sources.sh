# shellcheck shell=bash
# Debian's archive by lists and a cache of the project's own: neither root nor a change to the system is needed, and apt
# checks what it fetches against the releases' signed index.

# debian_apt DIRECTORY deb|deb-src RELEASES ARGUMENT...: apt-get, which knows these releases alone, keeps all in DIRECTORY and takes
# nothing for installed.
debian_apt() {
    local state=$1 kind=$2 releases=$3 mirror
    shift 3
    # where this system has Debian's packages from
    # shellcheck disable=SC2016 # apt's variables, not the shell's
    mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk '$2 ~ /^(bookworm|trixie|stable)$/ && $3 == "main" && !n++ { print $1 }')
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
    : >"$state/status"
    cat >"$state/own.sources" <<SOURCES
Types: $kind
URIs: ${mirror:?this system has no source of Debian packages}
Suites: $releases
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
SOURCES
    apt-get -q -o Dir::Etc::SourceList="$state/own.sources" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$state/lists" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
        -o APT::Sandbox::User=root "$@" </dev/null
}
