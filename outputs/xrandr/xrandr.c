/*
 * The X server writes the kernel's properties for us: it is DRM master. What it shows of them is what was written last, so
 * that what is in force is read from the kernel.
 */
#include "outputs/xrandr/xrandr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outputs/kms/cards.h"
#include "outputs/xrandr/randr.h"

#define DRAIN_ROUNDS 4u

struct xrandr_link {
    struct hdcp_link link;
    const struct xrandr *xrandr;
    struct randr_output output;
    struct kms_card *card; /* where the truth is; NULL: only the server knows */
    size_t index; /* of the connector on the card */
};

struct xrandr {
    struct copp_backend backend;
    struct randr randr;
    struct kms_cards cards;
    const char *connectors;
    bool trust_server;
    struct copp_backend_log *log;
    uint64_t last_ms; /* of the last look */
    size_t count;
    struct xrandr_link *links[RANDR_OUTPUTS];
};

static struct xrandr *xrandr_of(struct copp_backend *backend) {
    return (struct xrandr *)backend;
}

static const struct xrandr *const_xrandr_of(const struct copp_backend *backend) {
    return (const struct xrandr *)backend;
}

static void link_observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    const struct xrandr_link *own = (const struct xrandr_link *)link;
    randr_observe(&own->xrandr->randr, &own->output, observation);
    if (!own->card)
        return;
    struct hdcp_observation server = *observation;
    *observation = (struct hdcp_observation){0};
    kms_card_observe(own->card, own->index, observation);
    observation->connected = observation->connected && server.connected;
    if (server.state.mode == COPP_MODE_CLONE)
        observation->state.mode = COPP_MODE_CLONE;
}

static enum copp_result link_write(struct hdcp_link *link, bool on) {
    const struct xrandr_link *own = (const struct xrandr_link *)link;
    return randr_write(&own->xrandr->randr, &own->output, on);
}

static const struct hdcp_link_calls link_calls = {link_observe, link_write};

/* The kernel's name for the output as configured; false if it is not. */
static bool configured_name(const struct xrandr *xrandr, const char *output, char *name, size_t size) {
    size_t length = strlen(output);
    const char *word = xrandr->connectors ? xrandr->connectors : "";
    for (;;) {
        word += strspn(word, " \t,");
        size_t end = strcspn(word, " \t,");
        if (!end)
            return false;
        if (end > length && strncmp(word, output, length) == 0 && word[length] == '=') {
            (void)snprintf(name, size, "%.*s", (int)(end - length - 1), word + length + 1);
            return true;
        }
        word += end;
    }
}

/* Finds the kernel's connector: by the configured name, else by the driver's number if just one card has such a one. */
static void find_truth(const struct xrandr *xrandr, struct xrandr_link *link) {
    char name[COPP_BACKEND_NAME_SIZE];
    bool named = configured_name(xrandr, link->output.name, name, sizeof name);
    size_t found = 0;
    for (size_t c = 0; c < xrandr->cards.count; c++) {
        struct kms_card *card = xrandr->cards.list[c];
        for (size_t i = 0; i < card->count; i++) {
            const struct kms_connector *connector = &card->connectors[i];
            if (named ? strcmp(connector->name, name) != 0 : connector->id != link->output.connector_id)
                continue;
            found++;
            link->card = card;
            link->index = i;
        }
    }
    if (found != 1)
        link->card = NULL;
}

static bool can_offer(const struct xrandr *xrandr, const struct xrandr_link *link) {
    if (!link->output.protection)
        return false;
    if (link->card)
        return link->card->connectors[link->index].protection_property != 0;
    if (xrandr->trust_server) {
        copp_backend_say(xrandr->log, COPP_BACKEND_WARNING,
                         "%s: the X server's word for HDCP is believed, as configured: any X client can forge it",
                         link->output.name);
        return true;
    }
    copp_backend_say(xrandr->log, COPP_BACKEND_WARNING,
                     "%s: which of the kernel's connectors is behind it is not known, and the X server only shows what was "
                     "written: it offers no HDCP; name the connector in the configuration, as in %s=card0-HDMI-A-1",
                     link->output.name, link->output.name);
    return false;
}

static bool has_link(const struct xrandr *xrandr, xcb_randr_output_t id) {
    for (size_t i = 0; i < xrandr->count; i++) {
        if (xrandr->links[i]->output.id == id)
            return true;
    }
    return false;
}

static void add_links(struct xrandr *xrandr) {
    struct randr_output outputs[RANDR_OUTPUTS];
    size_t found = randr_outputs(&xrandr->randr, outputs);
    for (size_t i = 0; i < found && xrandr->count < RANDR_OUTPUTS; i++) {
        struct xrandr_link *link = has_link(xrandr, outputs[i].id) ? NULL : calloc(1, sizeof *link);
        if (!link)
            continue;
        link->xrandr = xrandr;
        link->output = outputs[i];
        find_truth(xrandr, link);
        hdcp_link_init(&link->link, &link_calls, can_offer(xrandr, link));
        xrandr->links[xrandr->count++] = link;
    }
}

static size_t count(const struct copp_backend *backend) {
    return const_xrandr_of(backend)->count;
}

static void describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    struct xrandr_link *link = const_xrandr_of(backend)->links[index];
    memset(output, 0, sizeof *output);
    memcpy(output->name, link->output.name, sizeof output->name);
    output->config.output = &link->link.output;
    output->config.connector_type = link->card ? link->card->connectors[link->index].type : COPP_CONNECTOR_UNKNOWN;
    output->config.protection_types = link->link.offered ? COPP_PROTECTION_TYPE_HDCP : COPP_PROTECTION_TYPE_NONE;
    output->config.bus_type = link->card ? link->card->bus_type : COPP_BUS_UNKNOWN;
}

static void attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    xrandr_of(backend)->links[index]->link.connector = connector;
}

static size_t fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    const struct xrandr *xrandr = const_xrandr_of(backend);
    size_t used = 0;
    list[used++] = xcb_get_file_descriptor(xrandr->randr.connection);
    if (xrandr->cards.monitor)
        list[used++] = kms_cards_fd(&xrandr->cards);
    return used;
}

/* A connection that has broken off stays readable for ever: closed, no loop polls it any more. */
static void check_server(struct xrandr *xrandr) {
    if (!xrandr->randr.connection || randr_alive(&xrandr->randr))
        return;
    copp_backend_say(xrandr->log, COPP_BACKEND_ERROR, "the X server has gone: its outputs protect nothing until a restart");
    randr_close(&xrandr->randr);
}

static void dispatch(struct copp_backend *backend, uint64_t now_ms) {
    struct xrandr *xrandr = xrandr_of(backend);
    bool events = xrandr->cards.monitor && kms_cards_events(&xrandr->cards);
    for (size_t c = 0; events && c < xrandr->cards.count; c++)
        kms_card_scan(xrandr->cards.list[c]);
    xrandr->last_ms = now_ms;
    events = randr_events(&xrandr->randr) || events;
    for (size_t round = 0; round < DRAIN_ROUNDS; round++) {
        if (events)
            add_links(xrandr);
        for (size_t i = 0; i < xrandr->count; i++)
            hdcp_link_poll(&xrandr->links[i]->link);
        events = randr_events(&xrandr->randr); /* those that came with the answers just read: no fd tells of them */
        if (!events)
            break;
    }
    check_server(xrandr);
}

static uint64_t deadline(const struct copp_backend *backend) {
    const struct xrandr *xrandr = const_xrandr_of(backend);
    uint64_t interval = COPP_BACKEND_NEVER;
    for (size_t i = 0; i < xrandr->count; i++) {
        uint64_t own = hdcp_link_interval(&xrandr->links[i]->link);
        interval = own < interval ? own : interval;
    }
    return interval == COPP_BACKEND_NEVER ? COPP_BACKEND_NEVER : xrandr->last_ms + interval;
}

static void close_xrandr(struct copp_backend *backend) {
    struct xrandr *xrandr = xrandr_of(backend);
    for (size_t i = 0; i < xrandr->count; i++) {
        hdcp_link_end(&xrandr->links[i]->link);
        free(xrandr->links[i]);
    }
    kms_cards_close(&xrandr->cards);
    randr_close(&xrandr->randr);
    free(xrandr);
}

static const struct copp_backend_calls xrandr_calls = {count, describe, attach, fds, dispatch, deadline, close_xrandr};

enum copp_result copp_xrandr_open(const struct copp_xrandr_config *config, struct copp_backend **backend) {
    *backend = NULL;
    struct xrandr *xrandr = calloc(1, sizeof *xrandr);
    if (!xrandr)
        return COPP_E_MEMORY;
    xrandr->backend.calls = &xrandr_calls;
    xrandr->connectors = config->connectors;
    xrandr->trust_server = config->trust_server;
    xrandr->log = config->log;
    enum copp_result result = randr_open(&xrandr->randr, config->display);
    if (result) {
        close_xrandr(&xrandr->backend);
        return result;
    }
    if (kms_cards_open(&xrandr->cards, NULL, config->log))
        copp_backend_say(config->log, COPP_BACKEND_INFO, "there is no graphics card of the kernel's to ask behind the X server");
    add_links(xrandr);
    *backend = &xrandr->backend;
    return COPP_OK;
}
