#!/bin/sh
# What coppd writes is OpenMetrics by Prometheus' own parser, and named as Prometheus wants metrics named.
set -eu
directory=$(mktemp -d)
pid=
trap '[ -z "$pid" ] || kill "$pid"; wait; rm -rf "$directory"' EXIT
cat >"$directory/coppd.conf" <<CONF
[daemon]
socket = $directory/socket
state_directory = $directory
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
COPP_ANCHOR=$directory/test-driver/anchor.b64 "$COPP" status --device "unix:$directory/socket" >/dev/null

# the importer reads OpenMetrics strictly, but wants every sample to have a time
now=$(date +%s)
sed -E "/^#/!s/\$/ $now/" "$directory/metrics" >"$directory/timed"
promtool tsdb create-blocks-from openmetrics "$directory/timed" "$directory/blocks"
mkdir "$directory/blocks/wal" # dump looks for one
(cd "$directory" && mkdir data && promtool tsdb dump blocks) >"$directory/dump" # younger releases work below data
for name in copp_sessions copp_connections_open copp_connector_link_losses_total copp_connector_revocations_total copp_srm_updates_total copp_srm_writes_total copp_handshakes_total copp_failures_total copp_reloads_total copp_connector_level copp_connector_simulated copp_connector_plugged copp_query_seconds_bucket; do
    grep -q "\"$name\"" "$directory/dump" || {
        echo "Prometheus did not take $name in:"
        cat "$directory/dump"
        exit 1
    }
done

# the lint knows the older text only, in which a counter's TYPE and HELP carry _total
sed -E -e '/^# EOF/d' -e 's/^# (TYPE|HELP) (copp_(connections|handshakes|commands|failures|reloads|connector_link_losses|connector_revocations|srm_updates|srm_writes)) /# \1 \2_total /' "$directory/metrics" |
    promtool check metrics
