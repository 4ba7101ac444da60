#!/bin/sh
# shellcheck disable=SC2086 # commands of several words
# Every option that --help names is in the manual page, and the other way round. MAN is the directory man.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
: "${MAN:?the directory man}"

begin options_agree
"$COPP" --help | sed -n 's/^  \([a-z]*\)[ a-z]*   *[A-Z].*/\1/p' | sort -u >"$dir/groups"
same "$(tr '\n' ' ' <"$dir/groups")" 'chain crl decode demo handshake lend omac probe protect receivers record srm status test watch ' groups
while read -r group; do
    page=$MAN/copp-$group.1.scd
    [ -f "$page" ] || fail "$page is missing"
    "$COPP" --help | sed -n "s/^  \(${group}\( [a-z]*\)\{0,1\}\)   *[A-Z].*/\1/p" | while read -r command; do
        grep -q -e "^\*copp $command\*" "$page" || fail "$page lacks the synopsis of copp $command"
        "$COPP" $command --help
    done >"$dir/help"
    grep -o -e '^ .\{5\}--[a-z0-9-]*' "$dir/help" | sed 's/.*--/--/' | sort -u >"$dir/from_help"
    sed -n '/^# OPTIONS/,/^# [B-NP-Z]/p' "$page" | grep -o -e '^\*-[^ ]*\*.*\|^\*--.*' | grep -o -e '\*--[a-z0-9-]*\*' | tr -d '*' |
        sort -u >"$dir/from_man"
    diff "$dir/from_help" "$dir/from_man" >&2 || fail "$page"
done <"$dir/groups"
for word in --completion --version --help; do
    grep -q -e "^\*.*$word\*" "$MAN/copp.1.scd" || fail "copp.1 lacks $word"
done

begin pages_are_whole
for page in "$MAN"/*.1.scd; do
    for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
        grep -qx "# $section" "$page" || fail "$page lacks $section"
    done
    scdoc <"$page" >"$dir/page" || fail "$page is not scdoc"
done

begin library_pages_are_whole
# scripts/manual.py holds them to the headers; here they must be pages at all, and lead from one to all others
for page in "$MAN"/*.3.scd; do
    name=$(basename "$page" .3.scd)
    scdoc <"$page" >"$dir/page" || fail "$page is not scdoc"
    case $name in *kms*) overview=libcopp-kms ;; *) overview=libcopp ;; esac
    [ "$name" = "$overview" ] || grep -qF "*$name*(3)" "$MAN/$overview.3.scd" || fail "$overview.3 does not lead to $name"
done

begin examples_say_what_they_print
# "$ COMMAND" in an example, then what it prints; runs of hexadecimal digits and times of day are other ones each time
cat >"$dir/examples.pl" <<'PERL'
use strict;
my ($in, $code, $command, $text) = (0, 0, undef, "");
my ($examples, $failed) = (0, 0);
sub run {
    return unless defined $command;
    open(my $pipe, "-|", "sh", "-c", "{ $command\n} 2>&1") or die;
    my $got = do { local $/; <$pipe> } // "";
    close $pipe;
    $got =~ s/^copp: [^ ]* no cgroup for the command.*\n//mg; # which machine this is
    s/[0-9a-f]{16,}/HEX/g, s/\b\d\d:\d\d:\d\d\b/TIME/g for my ($a, $b) = ($got, $text);
    $a eq $b or do { print STDERR "\$ $command\nprints:\n$got", "not:\n$text"; $failed = 1 };
    $examples++;
    ($command, $text) = (undef, "");
}
while (<STDIN>) {
    if (/^# /) { $in = $_ eq "# EXAMPLES\n"; next }
    if ($in && /^```/) { run(); $code = !$code; next }
    next unless $in && $code;
    s/\\(.)/$1/g; # a page shows what scdoc makes of it
    if (/^\$ (.*)/) { run(); $command = $1 } elsif (defined $command) { $text .= $_ }
}
run();
print "$examples\n";
exit $failed;
PERL
total=0
for page in "$MAN"/*.scd; do
    rm -rf "$dir/place"
    mkdir "$dir/place"
    cp "$VECTORS/srm-facsimile.bin" "$dir/place/facsimile.srm"
    count_here=$(cd "$dir/place" && PATH="$(dirname "$COPP"):$PATH" perl "$dir/examples.pl" <"$page") || fail "$page"
    total=$((total + count_here))
done
[ "$total" -ge 20 ] || fail "only $total examples"

begin descriptions_can_be_used
for text in "$MAN/copp-status.1.scd" "$MAN/../docs/simulator.md"; do
    awk '/^```/ { if (wanted) exit; inside = !inside; next } inside && /^(# a card|\[adapter\])/ { wanted = 1 } wanted && inside' "$text" >"$dir/card.ini"
    expect 0 "$COPP" status --adapter "$dir/card.ini"
    answers '^Component-1 '
done

finish
