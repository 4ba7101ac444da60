#!/bin/sh
# The alerts of the example ($ALERTS is its directory), by Prometheus' own word, and on metrics that coppd has.
set -eu
directory=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; wait; rm -rf "$directory"' EXIT

promtool check rules "$ALERTS/coppd.rules.yml"
promtool test rules "$ALERTS/coppd.rules.test.yml"

cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $directory/socket
state_directory = $directory
runtime_directory = $directory/outputs
[outputs]
backend = sim
[metrics]
file = $directory/metrics
CONF
"$COPPD" --config "$directory/coppd.conf" &
pid=$!
tries=0
until [ -s "$directory/metrics" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 200 ] || exit 1
    sleep 0.1
done

# has PATTERN: the metrics have a sample like that
has() {
    grep -q "^$1" "$directory/metrics" || {
        echo "coppd has no $1, which the alerts ask for"
        exit 1
    }
}
expressions=$(sed -n 's/^ *expr: //p' "$ALERTS/coppd.rules.yml")
[ "$(printf '%s\n' "$expressions" | wc -l)" -eq "$(grep -c 'alert:' "$ALERTS/coppd.rules.yml")" ]
for name in $(printf '%s\n' "$expressions" | grep -oE 'copp_[a-z_]+' | sort -u); do
    has "${name}[ {]"
done
for cause in $(printf '%s\n' "$expressions" | sed -n 's/.*cause=~*"\([a-z_|]*\)".*/\1/p' | tr '|' ' '); do
    has "copp_failures_total{cause=\"$cause\"}"
done
has 'copp_connector_simulated{connector="HDMI-1"} 1'

# the tests fire each alert once at least
sed -n 's/.*alert: //p' "$ALERTS/coppd.rules.yml" | while read -r alert; do
    grep -A 3 "alertname: $alert\$" "$ALERTS/coppd.rules.test.yml" | grep -q exp_alerts || {
        echo "coppd.rules.test.yml never sees $alert"
        exit 1
    }
done
