# shellcheck shell=bash
# Keys in a PKCS#11 token: SoftHSM's, behind OpenSSL's pkcs11-provider.

readonly pkcs11_dir=$top/build/pkcs11
# Debian 12 does not have the provider. Debian 13's needs no library that Debian 12 lacks.
readonly pkcs11_version=1.0-3
readonly pkcs11_sum_amd64=a5df2585de08d0641ab52022487d75857b139e3ad0b1e4c2a07a652dc713e8dc

# The provider's file, in $pkcs11_provider: the system's, or Debian 13's unpacked below build/.
pkcs11_find() {
    mkdir -p "$pkcs11_dir/tree"
    pkcs11_provider=$(find /usr/lib/*/ossl-modules "$pkcs11_dir/tree" -name pkcs11.so -print -quit)
    [ -z "$pkcs11_provider" ] || return 0
    local package=$pkcs11_dir/pkcs11-provider_${pkcs11_version}_amd64.deb
    [ "$(dpkg --print-architecture)" = amd64 ] || die "pkcs11-provider of Debian 13 is known by its sum on amd64 alone: install it"
    debian_apt "$pkcs11_dir/apt" deb trixie update || die "the list of Debian 13's packages cannot be fetched"
    (cd "$pkcs11_dir" && debian_apt "$pkcs11_dir/apt" deb trixie download pkcs11-provider) ||
        die "the package pkcs11-provider of Debian 13 cannot be fetched"
    echo "$pkcs11_sum_amd64  $package" | sha256sum --check --status 2>/dev/null ||
        die "pkcs11-provider of Debian 13 is not version $pkcs11_version as scripts/pkcs11.sh knows it"
    rm -rf "$pkcs11_dir/tree" "$pkcs11_dir/unpacked"
    dpkg-deb -x "$package" "$pkcs11_dir/unpacked" && mv "$pkcs11_dir/unpacked" "$pkcs11_dir/tree"
    pkcs11_provider=$(find "$pkcs11_dir/tree" -name pkcs11.so)
    [ -n "$pkcs11_provider" ]
}

# check_pkcs11 BUILD-DIRECTORY, from the root on
check_pkcs11() {
    local passed failed output=$pkcs11_dir/tests status=0
    pkcs11_find
    mkdir -p "$pkcs11_dir"
    COPP=$1/copp COPPD=$1/daemon/coppd VECTORS=$top/tests/vectors PKCS11_PROVIDER=$pkcs11_provider \
        sh tests/interop/pkcs11.sh >"$output" || status=$?
    cat "$output"
    passed=$(grep -c '^ok ' "$output") || true
    failed=$(grep -c '^not ok ' "$output") || true
    counts "$passed" "$failed"
    report "$passed tests passed, $failed failed, with ${pkcs11_provider#"$top"/}"
    [ "$status" -eq 0 ] && [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
