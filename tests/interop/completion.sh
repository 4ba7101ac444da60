#!/bin/sh
# shellcheck disable=SC2086 # commands of several words
# Completion comes from the same tables as the options: it is complete, and the shells take it
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

begin shells_take_it
for shell in bash zsh fish; do
    "$COPP" --completion $shell >"$dir/$shell"
    $shell -n "$dir/$shell"
done
expect 2 "$COPP" --completion csh
expect 2 "$COPP" --completion
complains 'needs a shell: bash, zsh or fish'

# completes WORD... prints what bash offers for the last one
completes() {
    bash -c 'source "$0"; COMP_LINE="$*"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _copp 2>/dev/null; echo "${COMPREPLY[*]}"' \
        "$dir/bash" "$@"
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

begin at_a_terminal
cp "$dir/zsh" "$dir/_copp"
PATH=$(dirname "$COPP"):$PATH
# offered SHELL LINE: fish's offers in one line
offered() {
    python3 "$here/complete_in.py" "$1" "$dir" "$2" | tr '\n' ' ' | sed 's/ *$//'
}
# makes LINE WORD REST: bash and zsh make LINE and REST of it, fish offers WORD
makes() {
    for shell in bash zsh; do
        same "$(offered $shell "$1")" "$1$3" "$shell: $1"
    done
    same "$(offered fish "$1")" "$2" "fish: $1"
}
mkdir "$dir/run" "$dir/run/inside"
: >"$dir/run/socket"
cp "$VECTORS/chain-good.xml" "$dir/run/chain.xml"
makes 'copp cha' chain in
makes 'copp handshake seal --form swap4' swap40 0
makes 'copp protect --device emb' embedded edded
makes 'copp protect --device un' unix: ix:
makes "copp protect --device unix:$dir/run/so" "unix:$dir/run/socket" cket
makes "copp watch --device unix:$dir/run/in" "unix:$dir/run/inside/" side/
makes "copp status --device=unix:$dir/run/so" "--device=unix:$dir/run/socket" cket
makes 'copp protect --output HD' HDMI-1 MI-1
makes 'copp protect --output=Comp' --output=Component-1 onent-1
makes 'copp protect --output HDMI-1 --output al' all l
makes "copp crl issue --revoke $dir/run/cha" "$dir/run/chain.xml" in.xml
makes "copp crl issue --revoke $dir/run/chain.xml:l" "$dir/run/chain.xml:leaf" eaf
makes "copp crl issue --revoke=$dir/run/chain.xml:r" "--revoke=$dir/run/chain.xml:root" oot
same "$(offered fish "copp crl issue --revoke $dir/run/chain.xml:")" \
    "$dir/run/chain.xml:ihv $dir/run/chain.xml:leaf $dir/run/chain.xml:root" 'fish: certificates'
same "$(completes copp crl issue --revoke "$dir/run/chain.xml" | sed "s,$dir/run/chain.xml,,g")" ':leaf :ihv :root' 'bash: certificates'

begin outputs_of_this_adapter
cat >"$dir/run/card.ini" <<'INI'
[output Left]
type = hdmi
modes = 1080p60
INI
cd "$dir/run"
expect 0 "$COPP" --completion outputs '' card.ini
answers '^Left$'
makes 'copp protect --adapter card.ini --output L' Left eft
# a name is never looked at as shell text: this tool has one that would do something
mkdir "$dir/evil"
cat >"$dir/evil/copp" <<'SH'
#!/bin/sh
echo 'z$(touch pwned)`touch pwned`;touch pwned'
SH
chmod +x "$dir/evil/copp"
for shell in bash zsh fish; do
    for line in 'copp protect --output z' 'copp protect --output=z'; do
        PATH=$dir/evil:$PATH offered $shell "$line" >"$dir/out"
        answers 'touch' # it is offered
    done
done
absent "$dir/run/pwned"
cd /

begin asking_ends
# who listens and never answers; the tool gives up by itself, long before this test's limit
cat >"$dir/mute.pl" <<'PERL'
use IO::Socket::UNIX;
my $listener = IO::Socket::UNIX->new(Type => SOCK_SEQPACKET, Local => shift, Listen => 1) or die;
exit(system(@ARGV) >> 8);
PERL
expect 2 timeout 60 perl "$dir/mute.pl" "$dir/mute" "$COPP" --completion outputs "unix:$dir/mute" ''
same "$(cat "$dir/out")" '' 'outputs of nobody'
mkfifo "$dir/fifo"
expect 2 timeout 60 "$COPP" --completion outputs '' "$dir/fifo"

finish
