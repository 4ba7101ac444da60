/* What the daemon counts, and how it tells: OpenMetrics text. */
#ifndef COPPD_METRICS_H
#define COPPD_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "outputs/outputs.h"
#include "srm_lists.h"

enum failure {
    FAILURE_MALFORMED, /* a packet of a wrong size or type */
    FAILURE_VERSION,
    FAILURE_FULL,
    FAILURE_USER_LIMIT,
    FAILURE_RATE,
    FAILURE_UNREAD, /* a client that does not read its answers */
    FAILURE_OPEN, /* a device was refused */
    FAILURE_HANDSHAKE,
    FAILURE_COMMAND,
    FAILURE_QUERY,
    FAILURE_PENDING, /* a command that was under way failed or ran into its time limit (CMD-6) */
    FAILURES
};

enum reload { RELOAD_DONE, RELOAD_FAILED, RELOADS };

#define METRICS_BUCKETS 8

struct metrics {
    uint64_t connections;
    uint64_t handshakes;
    uint64_t commands;
    uint64_t failures[FAILURES];
    uint64_t reloads[RELOADS];
    uint64_t queries[METRICS_BUCKETS + 1]; /* by how long they took; the last: longer than all bounds */
    uint64_t query_ns;
};

void metrics_query(struct metrics *metrics, uint64_t took_ns);

/* What there is at the moment. */
struct metrics_now {
    size_t connections;
    size_t sessions; /* of them, that have a session key */
    const struct copp_socket_connector_news *connectors; /* as they were told last */
    size_t connector_count;
    const struct srm_lists *srm_lists;
};

/* *text has *size bytes; free it with free(). False without memory. */
bool metrics_render(const struct metrics *metrics, const struct metrics_now *now, const struct copp_outputs *outputs, char **text,
                    size_t *size);

#endif
