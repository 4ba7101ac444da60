#!/bin/sh
# shellcheck disable=SC2086 # commands of several words
# Completion comes from the same tables as the options: it is complete, and the shells take it
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"

begin shells_take_it
for shell in bash zsh fish; do
    "$COPP" --completion $shell >"$dir/$shell"
    ! command -v $shell >/dev/null || $shell -n "$dir/$shell"
done
expect 2 "$COPP" --completion csh
expect 2 "$COPP" --completion

# completes WORD... prints what bash offers for the last one
completes() {
    bash -c 'source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _copp 2>/dev/null; echo "${COMPREPLY[*]}"' "$dir/bash" "$@"
}

begin commands
same "$(completes copp cha)" chain 'copp cha'
same "$(completes copp chain '')" 'verify show issue --help' 'copp chain'
same "$(completes copp crl in)" install 'copp crl in'
same "$(completes copp handshake seal --form '')" 'swap40 swap256' '--form'
same "$(completes copp protect --cgmsa copy-nev)" 'copy-never copy-never,redistribution' '--cgmsa'
cd "$VECTORS"
same "$(completes copp chain verify --anchor m)" microsoft '--anchor m'
same "$(completes copp chain verify --anchor root-m)" root-modulus.b64 '--anchor root-m'
same "$(completes copp chain verify chain-g)" chain-good.xml 'an operand'

begin every_option
"$COPP" --help | sed -n 's/^  \([a-z][a-z ]*[a-z]\)   *[A-Z].*/\1/p' >"$dir/commands"
while read -r command; do
    "$COPP" $command --help | grep -o '^ .\{5\}--[a-z0-9-]*' | sed 's/.*--/--/' | sort >"$dir/options"
    completes copp $command -- | tr ' ' '\n' | sort | diff "$dir/options" - >&2 || fail "copp $command"
    for shell in zsh fish; do
        while read -r option; do
            grep -q -e "${option#--}" "$dir/$shell" || fail "$shell lacks $option of $command"
        done <"$dir/options"
    done
done <"$dir/commands"

finish
