#include <stdlib.h>
#include <string.h>

#include "common/sized.h"
#include "outputs/kms/library/copp-kms.h"
#include "outputs/kms/library/detect.h"
#include "outputs/kms/library/monitor.h"
#include "outputs/kms/library/output.h"

#define EDID_MS 2000u /* after an uevent; see look_is_due */

/* What a card says goes to the program's log. */
struct program_log {
    struct copp_backend_log log;
    struct copp_log *program;
};

struct copp_kms {
    struct program_log log;
    struct kms_monitor monitor;
    struct kms_card *card;
    bool by_host;
    bool due; /* a commit has ended: its connector's link is to learn of it */
    uint64_t now_ms; /* of the last dispatch */
    uint64_t edid_ms; /* when displays may have told the kernel who they are; COPP_BACKEND_NEVER: that has been looked at */
    size_t count;
    struct kms_output connectors[COPP_KMS_CONNECTORS_MAX];
};

static void say(struct copp_backend_log *log, enum copp_backend_priority priority, const char *text) {
    struct copp_log *program = ((struct program_log *)log)->program;
    if (program && COPP_HAS_OP(program->ops, line))
        program->ops->line(program,
                           priority == COPP_BACKEND_ERROR     ? COPP_LOG_ERROR
                           : priority == COPP_BACKEND_WARNING ? COPP_LOG_WARNING
                                                              : COPP_LOG_INFO,
                           text);
}

static bool can_be(const struct copp_kms_fd_config *config) {
    if (!config->connectors || !config->connector_count || config->connector_count > COPP_KMS_CONNECTORS_MAX ||
        (unsigned)config->commits > COPP_KMS_HOST)
        return false;
    for (size_t i = 0; i < config->connector_count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (config->connectors[i] == config->connectors[j])
                return false;
        }
    }
    return true;
}

static enum copp_result open_card(struct copp_kms *kms, const struct copp_kms_fd_config *config) {
    char name[COPP_BACKEND_NAME_SIZE];
    uint32_t bus_type;
    kms_monitor_describe(&kms->monitor, name, &bus_type);
    bool atomic = config->commits == COPP_KMS_ATOMIC ||
                  (config->commits == COPP_KMS_DETECT && kms_takes_commits(config->fd, config->connectors[0]));
    return kms_card_over(config->fd, atomic, name, bus_type, &kms->log.log, &kms->card);
}

static enum copp_result add_connector(struct copp_kms *kms, uint32_t id) {
    for (size_t i = 0; id && i < kms->card->count; i++) {
        if (kms->card->connectors[i].id != id)
            continue;
        struct kms_output *output = &kms->connectors[kms->count++];
        *output = (struct kms_output){.card = kms->card, .id = id, .index = i, .by_host = kms->by_host, .now_ms = &kms->now_ms};
        kms_output_start(output);
        return COPP_OK;
    }
    return COPP_E_NOT_FOUND;
}

static enum copp_result open_all(struct copp_kms *kms, const struct copp_kms_fd_config *config) {
    enum copp_result result = kms_monitor_open(&kms->monitor, config->fd);
    if (!result)
        result = open_card(kms, config);
    if (result)
        return result;
    kms->card->type1 = config->type1;
    for (size_t i = 0; !result && i < config->connector_count; i++)
        result = add_connector(kms, config->connectors[i]);
    return result;
}

enum copp_result copp_kms_open_fd(const struct copp_kms_fd_config *config, struct copp_kms **kms) {
    struct copp_kms_fd_config own;
    if (!kms)
        return COPP_E_ARGUMENT;
    *kms = NULL;
    if (!config || !copp_sized_read(config, &own, sizeof own) || !can_be(&own))
        return COPP_E_ARGUMENT;
    struct copp_kms *made = calloc(1, sizeof *made);
    if (!made)
        return COPP_E_MEMORY;
    made->log = (struct program_log){{say}, own.log};
    made->by_host = own.commits == COPP_KMS_HOST;
    made->edid_ms = COPP_BACKEND_NEVER;
    enum copp_result result = open_all(made, &own);
    if (result)
        copp_kms_close(&made);
    *kms = made;
    return result;
}

void copp_kms_close(struct copp_kms **kms) {
    if (!kms || !*kms)
        return;
    for (size_t i = 0; i < (*kms)->count; i++)
        hdcp_link_end(&(*kms)->connectors[i].link);
    kms_card_close(&(*kms)->card);
    kms_monitor_close(&(*kms)->monitor);
    free(*kms);
    *kms = NULL;
}

static const struct kms_output *output_at(const struct copp_kms *kms, size_t index) {
    return kms && index < kms->count ? &kms->connectors[index] : NULL;
}

enum copp_result copp_kms_connector(struct copp_kms *kms, size_t index, struct copp_connector_config *config) {
    if (!output_at(kms, index) || !config || !copp_sized_room(config))
        return COPP_E_ARGUMENT;
    struct kms_output *output = &kms->connectors[index];
    const struct kms_connector *connector = kms_output_connector(output);
    const struct copp_connector_config own = {.output = &output->link.output,
                                              .connector_type = connector->type,
                                              .protection_types =
                                                  output->link.offered ? COPP_PROTECTION_TYPE_HDCP : COPP_PROTECTION_TYPE_NONE,
                                              .bus_type = output->card->bus_type,
                                              .name = connector->name,
                                              .real = true};
    copp_sized_write(config, &own, sizeof own);
    return COPP_OK;
}

void copp_kms_attach(struct copp_kms *kms, size_t index, struct copp_connector *connector) {
    if (output_at(kms, index))
        kms->connectors[index].link.connector = connector;
}

bool copp_kms_plugged(const struct copp_kms *kms, size_t index) {
    const struct kms_output *output = output_at(kms, index);
    return output && output->link.plugged;
}

const char *copp_kms_display(const struct copp_kms *kms, size_t index) {
    const struct kms_output *output = output_at(kms, index);
    return output ? output->link.display : "";
}

int copp_kms_fd(const struct copp_kms *kms) {
    return kms ? kms_monitor_fd(&kms->monitor) : -1;
}

static void hear(struct copp_kms *kms, const struct kms_event *event) {
    for (size_t i = 0; i < kms->count; i++) {
        struct kms_output *output = &kms->connectors[i];
        bool own = event->connector == output->id && event->property &&
                   event->property == kms_output_connector(output)->protection_property;
        if (event->lost)
            hdcp_link_events_lost(&output->link);
        else if (own)
            hdcp_link_evidence(&output->link);
    }
}

/* Takes the events that have come; whether there were any. */
static bool take_events(struct copp_kms *kms) {
    struct kms_event event;
    bool any = false;
    for (; kms_monitor_next(&kms->monitor, &event); any = true)
        hear(kms, &event);
    if (any)
        kms_card_scan(kms->card);
    return any;
}

/* The kernel tells of a display before it knows which one: it reads the EDID when somebody, such as our host, probes. */
static bool look_is_due(struct copp_kms *kms, bool changed) {
    bool due = changed || kms->now_ms >= kms->edid_ms;
    if (due)
        kms->edid_ms = changed ? kms->now_ms + EDID_MS : COPP_BACKEND_NEVER;
    return due;
}

void copp_kms_dispatch(struct copp_kms *kms, uint64_t now_ms) {
    if (!kms)
        return;
    kms->now_ms = kms->card->now_ms = now_ms;
    kms->due = false;
    bool look = look_is_due(kms, take_events(kms));
    for (size_t i = 0; i < kms->count; i++)
        kms_output_dispatch(&kms->connectors[i], look);
}

uint64_t copp_kms_deadline_ms(const struct copp_kms *kms) {
    uint64_t interval = COPP_BACKEND_NEVER;
    if (kms && kms->due)
        return 0;
    for (size_t i = 0; kms && i < kms->count; i++) {
        uint64_t own = hdcp_link_interval(&kms->connectors[i].link);
        interval = own < interval ? own : interval;
    }
    uint64_t look_ms = interval == COPP_BACKEND_NEVER ? COPP_BACKEND_NEVER : kms->now_ms + interval;
    return kms && kms->edid_ms < look_ms ? kms->edid_ms : look_ms;
}

/* COPP_OK if the host's commits write to that connector. */
static enum copp_result check_host(const struct copp_kms *kms, size_t index) {
    if (!output_at(kms, index))
        return COPP_E_ARGUMENT;
    return kms->by_host ? COPP_OK : COPP_E_STATE;
}

enum copp_result copp_kms_next_properties(const struct copp_kms *kms, size_t index, struct copp_kms_request *request) {
    if (!request || !copp_sized_room(request))
        return COPP_E_ARGUMENT;
    struct copp_kms_request own = {.count = 0};
    enum copp_result result = check_host(kms, index);
    if (!result)
        kms_output_request(&kms->connectors[index], &own);
    copp_sized_write(request, &own, sizeof own);
    return result;
}

enum copp_result copp_kms_committed(struct copp_kms *kms, size_t index, const struct copp_kms_request *request, int error) {
    struct copp_kms_request own;
    enum copp_result result = check_host(kms, index);
    if (result)
        return result;
    if (!request || !copp_sized_read(request, &own, sizeof own) || own.count > COPP_KMS_PROPERTIES_MAX || error < 0 ||
        !kms_output_committed(&kms->connectors[index], &own, error))
        return COPP_E_ARGUMENT;
    kms->due = kms->due || own.count;
    return COPP_OK;
}

uint64_t copp_kms_commit_deadline_ms(const struct copp_kms *kms) {
    uint64_t first = COPP_BACKEND_NEVER;
    for (size_t i = 0; kms && i < kms->count; i++) {
        uint64_t own = kms_output_deadline_ms(&kms->connectors[i]);
        first = own < first ? own : first;
    }
    return first;
}
