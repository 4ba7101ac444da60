#include "precedence.h"

#include <stdlib.h>

/* A user at a connector. Those that wait stand in the list in the order in which they came. */
struct precedence {
    struct precedence *next;
    uint32_t connector;
    uid_t uid;
    bool waits; /* it was refused, and has not had a try since */
    bool yields; /* it had the connector while others waited */
    uint64_t deadline_ms; /* a place that nobody takes is given up */
};

static void forget_old(struct server *server, uint64_t now_ms) {
    for (struct precedence **link = &server->precedences; *link;) {
        struct precedence *entry = *link;
        if (now_ms < entry->deadline_ms && (entry->waits || entry->yields)) {
            link = &entry->next;
        } else {
            *link = entry->next;
            free(entry);
        }
    }
}

static bool is_of(const struct precedence *entry, const struct client *client) {
    return entry->connector == client->connector && entry->uid == client->user->uid;
}

/* Taken out of the list; NULL: it is not there. */
static struct precedence *take_out(struct client *client) {
    struct precedence **link = &client->server->precedences;
    while (*link && !is_of(*link, client))
        link = &(*link)->next;
    struct precedence *entry = *link;
    if (entry)
        *link = entry->next;
    return entry;
}

static struct precedence *find(struct client *client) {
    struct precedence *entry = client->server->precedences;
    while (entry && !is_of(entry, client))
        entry = entry->next;
    return entry;
}

/* The client's user at the end of the list; NULL without memory. */
static struct precedence *to_the_end(struct client *client) {
    struct precedence *entry = take_out(client);
    struct precedence **link = &client->server->precedences;
    if (!entry)
        entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    while (*link)
        link = &(*link)->next;
    *link = entry;
    entry->next = NULL;
    entry->connector = client->connector;
    entry->uid = client->user->uid;
    return entry;
}

/* Whether another user waits there, ahead of the client's own if that waits, too. */
static bool others_wait(const struct client *client) {
    for (const struct precedence *entry = client->server->precedences; entry; entry = entry->next) {
        if (entry->connector != client->connector || !entry->waits)
            continue;
        return entry->uid != client->user->uid;
    }
    return false;
}

bool precedence_yields(struct client *client, uint64_t now_ms) {
    forget_old(client->server, now_ms);
    struct precedence *own = find(client);
    if (own && own->yields)
        own->yields = others_wait(client);
    return own && own->yields;
}

/* CMD-4: level 0 always succeeds, and takes nobody's place; nor does a revocation list (OPM-SRM-1). */
static bool asks_for_nothing(const struct copp_command *command) {
    struct copp_command_fields fields;
    struct copp_set_protection_level set;
    enum copp_request request;
    copp_command_decode(command, &fields);
    if (!copp_opm_request_from_guid(fields.guid, &request))
        return false;
    if (request == COPP_OPM_SET_HDCP_SRM)
        return true;
    return (request == COPP_SET_PROTECTION_LEVEL || request == COPP_OPM_SET_PROTECTION_LEVEL_CSS) &&
           !copp_set_protection_level_decode(fields.data, fields.size, &set) && set.level == 0;
}

static bool anothers_is_under_way(const struct client *client) {
    for (const struct client *other = client->server->waiting; other; other = other->next_waiting) {
        if (other->connector == client->connector && other->user != client->user && !other->srm_wait.due)
            return true;
    }
    return false;
}

/* Whether a busy output may be why. A session that has not been established is refused for another reason. */
static bool may_be_busy(const struct client *client, uint32_t status) {
    struct copp_device_view view = {.size = sizeof view};
    copp_device_inspect(client->device, &view);
    if (view.semantics == COPP_SEMANTICS_OPM)
        return view.active && status == COPP_HR_OPM_DRIVER_INTERNAL_ERROR;
    return view.active && (status == COPP_HR_UNEXPECTED || status == COPP_HR_OPM_INVALID_CONFIGURATION_REQUEST);
}

void precedence_answered(struct client *client, const struct copp_command *command, uint32_t status, bool yielded,
                         uint64_t now_ms) {
    struct server *server = client->server;
    if (asks_for_nothing(command))
        return;
    struct precedence *own = find(client);
    if (!may_be_busy(client, status) || !(yielded || anothers_is_under_way(client))) {
        if (own && !yielded)
            own->waits = false; /* it has had its try */
        return;
    }
    if (!own || !own->waits)
        own = to_the_end(client);
    if (!own)
        return;
    own->waits = true;
    own->deadline_ms =
        now_ms + 2 * (uint64_t)server->config.pending_limit_ms; /* the command that is under way, and as long again */
}

void precedence_failed(struct client *client, uint64_t now_ms) {
    struct server *server = client->server;
    forget_old(server, now_ms);
    if (!others_wait(client))
        return;
    struct precedence *own = to_the_end(client);
    if (own)
        own->yields = true;
    for (struct precedence *entry = server->precedences; entry; entry = entry->next) {
        if (entry->connector == client->connector)
            entry->deadline_ms = now_ms + server->config.pending_limit_ms;
    }
}

void precedence_free(struct server *server) {
    forget_old(server, UINT64_MAX);
}
