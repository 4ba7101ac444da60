#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>

#include "backend.h"

/* Upper bounds of the latency buckets. */
struct bound {
    uint64_t ns;
    const char *seconds;
};
static const struct bound bounds[METRICS_BUCKETS] = {{5000, "5e-06"},    {10000, "1e-05"},   {20000, "2e-05"},
                                                     {50000, "5e-05"},   {100000, "0.0001"}, {1000000, "0.001"},
                                                     {10000000, "0.01"}, {100000000, "0.1"}};

static const char *const causes[FAILURES] = {
    [FAILURE_MALFORMED] = "malformed", [FAILURE_VERSION] = "version",
    [FAILURE_FULL] = "full",           [FAILURE_USER_LIMIT] = "user_limit",
    [FAILURE_RATE] = "rate",           [FAILURE_UNREAD] = "unread",
    [FAILURE_OPEN] = "open",           [FAILURE_HANDSHAKE] = "handshake",
    [FAILURE_COMMAND] = "command",     [FAILURE_QUERY] = "query",
    [FAILURE_PENDING] = "pending",
};

static const char *const results[] = {[RELOAD_DONE] = "done", [RELOAD_FAILED] = "failed"};

void metrics_query(struct metrics *metrics, uint64_t took_ns) {
    size_t i = 0;
    while (i < METRICS_BUCKETS && took_ns > bounds[i].ns)
        i++;
    metrics->queries[i]++;
    metrics->query_ns += took_ns;
}

static void head(FILE *out, const char *name, const char *type, const char *help) {
    (void)fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", name, type, name, help);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value) {
    head(out, name, "counter", help);
    (void)fprintf(out, "%s_total %" PRIu64 "\n", name, value);
}

static void histogram(FILE *out, const struct metrics *metrics) {
    uint64_t count = 0;
    head(out, "copp_query_seconds", "histogram", "Time from a status query's arrival to its answer.");
    for (size_t i = 0; i < METRICS_BUCKETS; i++) {
        count += metrics->queries[i];
        (void)fprintf(out, "copp_query_seconds_bucket{le=\"%s\"} %" PRIu64 "\n", bounds[i].seconds, count);
    }
    count += metrics->queries[METRICS_BUCKETS];
    (void)fprintf(out, "copp_query_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", count);
    (void)fprintf(out, "copp_query_seconds_sum %.9f\n", (double)metrics->query_ns / 1e9);
    (void)fprintf(out, "copp_query_seconds_count %" PRIu64 "\n", count);
}

/* A label's value: quotes and backslashes escaped. */
static void label(FILE *out, const char *text) {
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
}

/* What there is of each connector in a gauge of its own. */
enum of_connector { OF_DEVICES, OF_SIMULATED, OF_PLUGGED };

static void of_connectors(FILE *out, const struct copp_outputs *outputs, enum of_connector what) {
    static const char *const names[] = {"copp_connector_devices", "copp_connector_simulated", "copp_connector_plugged"};
    static const char *const helps[] = {"Sessions open on a connector, of COPP and OPM, established or not.",
                                        "1 for a connector that is simulated and protects nothing, 0 for a real one.",
                                        "1 for a connector with a display plugged in, 0 for one without."};
    head(out, names[what], "gauge", helps[what]);
    for (size_t i = 0; copp_outputs_name(outputs, i); i++) {
        struct copp_socket_connector now = {.size = sizeof now};
        backend_look(outputs, i, &now);
        const uint32_t values[] = {now.devices, !now.real, now.plugged};
        (void)fprintf(out, "%s{connector=\"", names[what]);
        label(out, now.name);
        (void)fprintf(out, "\"} %" PRIu32 "\n", values[what]);
    }
}

static void connectors(FILE *out, const struct copp_outputs *outputs) {
    head(out, "copp_connector_level", "gauge", "Level of a protection that a connector applies now.");
    for (size_t i = 0; copp_outputs_name(outputs, i); i++) {
        struct copp_socket_connector now = {.size = sizeof now};
        backend_look(outputs, i, &now);
        const struct {
            const char *type;
            uint32_t level;
        } levels[] = {{"hdcp", now.hdcp}, {"acp", now.acp}, {"cgmsa", now.cgmsa}};
        for (size_t j = 0; j < sizeof levels / sizeof levels[0]; j++) {
            (void)fputs("copp_connector_level{connector=\"", out);
            label(out, now.name);
            (void)fprintf(out, "\",type=\"%s\"} %" PRIu32 "\n", levels[j].type, levels[j].level);
        }
    }
    of_connectors(out, outputs, OF_DEVICES);
    of_connectors(out, outputs, OF_SIMULATED);
    of_connectors(out, outputs, OF_PLUGGED);
}

static void link_losses(FILE *out, const struct metrics_now *now) {
    head(out, "copp_connector_link_losses", "counter", "Losses of a connector's link or protection.");
    for (size_t i = 0; i < now->connector_count; i++) {
        (void)fputs("copp_connector_link_losses_total{connector=\"", out);
        label(out, now->connectors[i].now.name);
        (void)fprintf(out, "\"} %" PRIu32 "\n", now->connectors[i].losses);
    }
}

static void gauge(FILE *out, const char *name, const char *help, size_t value) {
    head(out, name, "gauge", help);
    (void)fprintf(out, "%s %zu\n", name, value);
}

static void revocations(FILE *out, const struct copp_outputs *outputs) {
    head(out, "copp_connector_revocations", "counter",
         "How often a revoked HDCP device ended HDCP on a connector, or kept it from coming up.");
    for (size_t i = 0; copp_outputs_name(outputs, i); i++) {
        struct copp_connector_view view = {.size = sizeof view};
        copp_connector_inspect(copp_outputs_connector(outputs, i), &view);
        (void)fputs("copp_connector_revocations_total{connector=\"", out);
        label(out, copp_outputs_name(outputs, i));
        (void)fprintf(out, "\"} %" PRIu32 "\n", view.revocations);
    }
}

static void srm_lists(FILE *out, const struct srm_lists *lists) {
    head(out, "copp_srm_version", "gauge", "Version of the list of revoked HDCP devices that is in force.");
    for (size_t kind = 0; kind < SRM_KINDS; kind++) {
        if (lists->taken[kind].bytes)
            (void)fprintf(out, "copp_srm_version{hdcp=\"%zu\"} %u\n", kind + 1, srm_list_version(&lists->taken[kind]));
    }
    head(out, "copp_srm_updates", "counter", "Newer lists of revoked HDCP devices that players have brought.");
    for (size_t kind = 0; kind < SRM_KINDS; kind++)
        (void)fprintf(out, "copp_srm_updates_total{hdcp=\"%zu\"} %" PRIu64 "\n", kind + 1, lists->updates[kind]);
    head(out, "copp_srm_writes", "counter", "Attempts to store such a list, by result.");
    for (size_t good = 0; good < 2; good++)
        (void)fprintf(out, "copp_srm_writes_total{result=\"%s\"} %" PRIu64 "\n", good ? "done" : "failed", lists->writes[good]);
}

bool metrics_render(const struct metrics *metrics, const struct metrics_now *now, const struct copp_outputs *outputs, char **text,
                    size_t *size) {
    FILE *out = open_memstream(text, size);
    if (!out)
        return false;
    gauge(out, "copp_sessions", "Sessions of COPP and OPM that are established: they have a session key.", now->sessions);
    gauge(out, "copp_connections_open", "Connections that are open, with or without a session.", now->connections);
    counter(out, "copp_connections", "Connections that were admitted.", metrics->connections);
    counter(out, "copp_handshakes", "Sessions that were started.", metrics->handshakes);
    counter(out, "copp_commands", "Protection commands carried out.", metrics->commands);
    head(out, "copp_failures", "counter", "What was refused, by cause.");
    for (size_t i = 0; i < FAILURES; i++)
        (void)fprintf(out, "copp_failures_total{cause=\"%s\"} %" PRIu64 "\n", causes[i], metrics->failures[i]);
    head(out, "copp_reloads", "counter", "Reloads of configuration, chain and key, by result.");
    for (size_t i = 0; i < RELOADS; i++)
        (void)fprintf(out, "copp_reloads_total{result=\"%s\"} %" PRIu64 "\n", results[i], metrics->reloads[i]);
    connectors(out, outputs);
    link_losses(out, now);
    revocations(out, outputs);
    srm_lists(out, now->srm_lists);
    histogram(out, metrics);
    (void)fputs("# EOF\n", out);
    return fclose(out) == 0;
}
