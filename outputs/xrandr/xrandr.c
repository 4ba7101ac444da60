/*
 * The X server writes the kernel's properties for us: it is DRM master. What it shows of them is what was written last, so
 * that what is in force is read from the kernel.
 */
#include "outputs/xrandr/xrandr.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "outputs/kms/cards.h"
#include "outputs/kms/note.h"
#include "outputs/kms/reading.h"
#include "outputs/xrandr/connect.h"

#define DRAIN_ROUNDS 4u
#define START_MS 5000
#define AGAIN_MS 1000u
#define BUSY_TRUST_MS 1000u /* what cannot be looked at for longer is lost */

struct xrandr_link {
    struct hdcp_link link;
    struct xrandr *xrandr;
    struct randr_output output;
    bool present; /* the server that is there now has it */
    struct kms_card *card; /* where the truth is; NULL: only the server knows */
    size_t index; /* of the connector on the card */
    struct seldom warnings;
};

struct xrandr {
    struct copp_backend backend;
    int epoll; /* of what comes and goes: the connection, or the attempt at one */
    struct randr randr; /* not connected: the server has gone */
    struct randr_connect *attempt; /* an attempt at a connection is under way */
    uint64_t connect_ms; /* when the next one may begin */
    struct kms_cards cards;
    char *display;
    char *connectors;
    struct kms_note note; /* of all outputs, under the display's name */
    bool trust_server;
    struct copp_backend_log *log;
    struct seldom told; /* of servers that go */
    bool told_gone; /* of the last one */
    bool looking; /* all that is asked meanwhile is one look */
    bool changed; /* there have been events */
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

/* One look at all outputs, or one at a single output in between, has so much time. */
static void begin(struct xrandr *xrandr) {
    if (!xrandr->looking)
        randr_begin(&xrandr->randr);
}

/* Who is to be believed: the kernel, else nobody, unless the host's configuration says that the server is. */
static bool has_truth(const struct xrandr_link *link) {
    if (!link->output.protection)
        return false;
    return link->card ? link->card->connectors[link->index].protection_property != 0 : link->xrandr->trust_server;
}

static void link_observe(struct hdcp_link *link, struct hdcp_observation *observation) {
    const struct xrandr_link *own = (const struct xrandr_link *)link;
    struct randr *randr = &own->xrandr->randr;
    uint64_t busy_ms;
    begin(own->xrandr);
    if (own->present && randr_busy(randr, &busy_ms)) { /* the kernel would not answer either */
        *observation = link->seen;
        observation->connected = link->plugged;
        if (!link->in_force || busy_ms > BUSY_TRUST_MS)
            observation->hdcp = HDCP_UNREADABLE;
        return;
    }
    if (own->present)
        randr_observe(randr, &own->output, observation);
    if (!own->present || !randr_alive(randr)) {
        *observation = (struct hdcp_observation){.hdcp = HDCP_UNREADABLE}; /* nothing holds without the server, nor is it down */
        return;
    }
    struct hdcp_observation server = *observation;
    if (own->card) {
        *observation = (struct hdcp_observation){0};
        kms_reading_observe(own->card, own->index, observation);
        observation->connected = observation->connected && server.connected;
        if (server.state.mode == COPP_MODE_CLONE)
            observation->state.mode = COPP_MODE_CLONE;
    }
    if (!own->card)
        memcpy(observation->display, own->output.display, sizeof observation->display);
    if (!has_truth(own))
        observation->hdcp = HDCP_UNREADABLE; /* also of a server that has come back with less */
}

static enum copp_result link_write(struct hdcp_link *link, enum hdcp_value value) {
    struct xrandr_link *own = (struct xrandr_link *)link;
    struct xrandr *xrandr = own->xrandr;
    if (!own->present || !has_truth(own))
        return COPP_E_STATE;
    begin(xrandr);
    enum copp_result result = randr_write(&xrandr->randr, &own->output, value == HDCP_DESIRED);
    if (result == COPP_E_FAILED && randr_alive(&xrandr->randr))
        copp_backend_warn(xrandr->log, &own->warnings, (int)value, xrandr->last_ms, "%s: the X server refuses to switch HDCP %s",
                          own->output.name, value == HDCP_DESIRED ? "on" : "off");
    return result;
}

static void link_note(struct hdcp_link *link, bool debt) {
    struct xrandr_link *own = (struct xrandr_link *)link;
    kms_note_set(&own->xrandr->note, own->output.name, debt, own->xrandr->log);
}

static const struct hdcp_link_ops link_ops = {.observe = link_observe, .write = link_write, .note = link_note};

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
            if (!connector->id || (named ? strcmp(connector->name, name) != 0 : connector->id != link->output.connector_id))
                continue;
            found++;
            link->card = card;
            link->index = i;
        }
    }
    if (found != 1)
        link->card = NULL;
}

/* While we cannot tell what is in force, commands fail: the kernel's connector may still come, with its card. */
static void say_whose_word(const struct xrandr *xrandr, const struct xrandr_link *link) {
    if (!link->output.protection || link->card)
        return;
    if (xrandr->trust_server)
        copp_backend_say(xrandr->log, COPP_BACKEND_WARNING,
                         "%s: coppd trusts the X server's HDCP state, as configured, although any X client can forge it",
                         link->output.name);
    else
        copp_backend_say(xrandr->log, COPP_BACKEND_WARNING,
                         "%s: HDCP cannot be switched on: its kernel connector is not known, and the X server only shows what "
                         "was written; name the connector in the configuration, as in %s=card0-HDMI-A-1",
                         link->output.name, link->output.name);
}

static struct xrandr_link *link_of(const struct xrandr *xrandr, const char *name) {
    for (size_t i = 0; i < xrandr->count; i++) {
        if (strcmp(xrandr->links[i]->output.name, name) == 0)
            return xrandr->links[i];
    }
    return NULL;
}

static void add_link(struct xrandr *xrandr, const struct randr_output *output) {
    struct xrandr_link *link = xrandr->count < RANDR_OUTPUTS ? calloc(1, sizeof *link) : NULL;
    if (!link)
        return;
    link->xrandr = xrandr;
    link->output = *output;
    link->present = true;
    find_truth(xrandr, link);
    say_whose_word(xrandr, link);
    hdcp_link_init(&link->link, &link_ops, has_truth(link));
    hdcp_link_look(&link->link);
    xrandr->links[xrandr->count++] = link;
    if (kms_note_has(&xrandr->note, output->name))
        hdcp_link_owe(&link->link);
}

/* Nothing is in force or under way behind it from here on, and its devices know. */
static void leave_output(struct xrandr_link *link) {
    link->present = false;
    hdcp_link_dispatch(&link->link, link->xrandr->last_ms);
    hdcp_link_look(&link->link);
}

static void return_output(struct xrandr_link *link, const struct randr_output *output) {
    link->present = true;
    link->output = *output;
    find_truth(link->xrandr, link);
    hdcp_link_offer(&link->link, has_truth(link));
    hdcp_link_returned(&link->link);
}

/* The card behind it may have come. */
static void look_for_truth(struct xrandr_link *link) {
    if (!link->card)
        find_truth(link->xrandr, link);
    hdcp_link_offer(&link->link, has_truth(link));
}

/* An output is its name: its number is another one with each server, and with each dock that is plugged in. */
static void update_links(struct xrandr *xrandr) {
    struct randr_output outputs[RANDR_OUTPUTS];
    size_t found = randr_outputs(&xrandr->randr, outputs);
    for (size_t i = 0; i < found; i++) {
        struct xrandr_link *link = link_of(xrandr, outputs[i].name);
        if (link && link->present && link->output.id != outputs[i].id)
            leave_output(link);
        if (!link)
            add_link(xrandr, &outputs[i]);
        else if (!link->present)
            return_output(link, &outputs[i]);
        else
            memcpy(link->output.display, outputs[i].display, sizeof link->output.display);
    }
    for (size_t i = 0; i < xrandr->count; i++)
        look_for_truth(xrandr->links[i]);
}

/* A uevent of the kernel's connector behind an output (EVT-1). */
static void on_moved(void *user, const struct kms_card *card, uint32_t connector_id, uint32_t property_id) {
    const struct xrandr *xrandr = user;
    for (size_t i = 0; i < xrandr->count; i++) {
        struct xrandr_link *link = xrandr->links[i];
        const struct kms_connector *connector = link->card ? &link->card->connectors[link->index] : NULL;
        bool own =
            connector && link->card == card && connector->id == connector_id && connector->protection_property == property_id;
        if (connector && !card)
            hdcp_link_events_lost(&link->link);
        else if (own)
            hdcp_link_evidence(&link->link);
    }
}

static size_t count(const struct copp_backend *backend) {
    return const_xrandr_of(backend)->count;
}

static void describe(const struct copp_backend *backend, size_t index, struct copp_backend_output *output) {
    struct xrandr_link *link = const_xrandr_of(backend)->links[index];
    memset(output, 0, sizeof *output);
    memcpy(output->name, link->output.name, sizeof output->name);
    output->config.size = sizeof output->config;
    output->config.output = &link->link.output;
    output->config.connector_type = link->card ? link->card->connectors[link->index].type : COPP_CONNECTOR_UNKNOWN;
    output->config.protection_types = link->output.protection ? COPP_PROTECTION_TYPE_HDCP : COPP_PROTECTION_TYPE_NONE;
    output->config.bus_type = link->card ? link->card->bus_type : COPP_BUS_UNKNOWN;
}

static bool plugged(const struct copp_backend *backend, size_t index) {
    return const_xrandr_of(backend)->links[index]->link.plugged;
}

static bool searching(const struct copp_backend *backend) {
    return const_xrandr_of(backend)->attempt != NULL;
}

static const char *display(const struct copp_backend *backend, size_t index) {
    return const_xrandr_of(backend)->links[index]->link.display;
}

static void attach(struct copp_backend *backend, size_t index, struct copp_connector *connector) {
    xrandr_of(backend)->links[index]->link.connector = connector;
}

static size_t fds(const struct copp_backend *backend, int list[COPP_BACKEND_FDS]) {
    const struct xrandr *xrandr = const_xrandr_of(backend);
    size_t used = 0;
    list[used++] = xrandr->epoll;
    if (xrandr->cards.monitor)
        list[used++] = kms_cards_fd(&xrandr->cards);
    return used;
}

static bool watch(const struct xrandr *xrandr, int fd) {
    struct epoll_event event = {.events = EPOLLIN};
    return epoll_ctl(xrandr->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

/* Not being able to try is as an attempt that failed. */
static void attempt(struct xrandr *xrandr, uint64_t now_ms) {
    xrandr->connect_ms = now_ms + AGAIN_MS;
    xrandr->attempt = randr_connect_begin(xrandr->display);
    if (xrandr->attempt && !watch(xrandr, randr_connect_fd(xrandr->attempt)))
        randr_connect_leave(&xrandr->attempt);
}

/* Whether the attempt has ended, and how. */
static bool attempt_ended(struct xrandr *xrandr, enum copp_result *result) {
    if (!randr_connect_ended(&xrandr->attempt, &xrandr->randr, result))
        return false;
    if (!*result && !watch(xrandr, xcb_get_file_descriptor(xrandr->randr.connection)))
        *result = COPP_E_IO;
    if (*result)
        randr_close(&xrandr->randr);
    return true;
}

/* A server that was restarted, as at the end of each user's session, is the same outputs' server. */
static void connect_again(struct xrandr *xrandr, uint64_t now_ms) {
    enum copp_result result;
    if (xrandr->randr.connection)
        return;
    if (!xrandr->attempt && now_ms >= xrandr->connect_ms)
        attempt(xrandr, now_ms);
    if (!xrandr->attempt || !attempt_ended(xrandr, &result) || result)
        return;
    if (xrandr->told_gone || !xrandr->told.count) /* else it would be the last of those that have gone */
        copp_backend_say(xrandr->log, COPP_BACKEND_INFO, "connected to the X server");
}

/* A connection that has broken off stays readable for ever: closed, no loop polls it any more. */
static void check_server(struct xrandr *xrandr) {
    if (!xrandr->randr.connection || randr_alive(&xrandr->randr))
        return;
    const struct copp_backend_cause cause = {xrandr->randr.silent, xrandr->last_ms};
    xrandr->told_gone = copp_backend_say_seldom(xrandr->log, &xrandr->told, COPP_BACKEND_ERROR, &cause,
                                                "the X server %s: its outputs protect nothing until it is back",
                                                xrandr->randr.silent ? "does not answer" : "has gone");
    randr_close(&xrandr->randr);
    for (size_t i = 0; i < xrandr->count; i++)
        leave_output(xrandr->links[i]);
}

/* Events that come with the answers just read are taken as well: no fd tells of them. */
static void look(struct xrandr *xrandr) {
    uint64_t busy_ms;
    begin(xrandr);
    xrandr->looking = true;
    for (size_t round = 0; round < DRAIN_ROUNDS; round++) {
        xrandr->changed = randr_events(&xrandr->randr) || xrandr->changed;
        bool busy = randr_busy(&xrandr->randr, &busy_ms);
        if (round > 0 && (busy || !xrandr->changed))
            break;
        bool all = xrandr->changed && !busy;
        if (all) {
            xrandr->changed = false;
            update_links(xrandr);
        }
        for (size_t i = 0; i < xrandr->count; i++) {
            if (!busy || xrandr->links[i]->link.watched)
                hdcp_link_dispatch(&xrandr->links[i]->link, xrandr->last_ms);
            if (all)
                hdcp_link_look(&xrandr->links[i]->link);
        }
    }
    xrandr->looking = false;
}

static void dispatch(struct copp_backend *backend, uint64_t now_ms) {
    struct xrandr *xrandr = xrandr_of(backend);
    bool away = !xrandr->randr.connection;
    xrandr->changed = (xrandr->cards.monitor && kms_cards_update(&xrandr->cards, now_ms, on_moved, xrandr)) || xrandr->changed;
    xrandr->last_ms = now_ms;
    connect_again(xrandr, now_ms);
    xrandr->changed = xrandr->changed || (away && xrandr->randr.connection);
    look(xrandr);
    check_server(xrandr);
}

static uint64_t deadline_ms(const struct copp_backend *backend) {
    const struct xrandr *xrandr = const_xrandr_of(backend);
    uint64_t interval = COPP_BACKEND_NEVER;
    for (size_t i = 0; i < xrandr->count; i++) {
        uint64_t own = hdcp_link_interval(&xrandr->links[i]->link);
        interval = own < interval ? own : interval;
    }
    uint64_t look_ms = interval == COPP_BACKEND_NEVER ? COPP_BACKEND_NEVER : xrandr->last_ms + interval;
    uint64_t read_ms = kms_cards_deadline_ms(&xrandr->cards);
    look_ms = read_ms < look_ms ? read_ms : look_ms;
    bool connects = !xrandr->randr.connection && !xrandr->attempt;
    return connects && xrandr->connect_ms < look_ms ? xrandr->connect_ms : look_ms;
}

static void close_xrandr(struct copp_backend *backend) {
    struct xrandr *xrandr = xrandr_of(backend);
    begin(xrandr);
    randr_settle(&xrandr->randr);
    for (size_t i = 0; i < xrandr->count; i++) {
        hdcp_link_end(&xrandr->links[i]->link);
        free(xrandr->links[i]);
    }
    kms_cards_close(&xrandr->cards);
    randr_connect_leave(&xrandr->attempt);
    randr_close(&xrandr->randr);
    if (xrandr->epoll >= 0)
        (void)close(xrandr->epoll);
    free(xrandr->display);
    free(xrandr->connectors);
    free(xrandr);
}

static const struct copp_backend_ops xrandr_ops = {.real = true,
                                                   .count = count,
                                                   .describe = describe,
                                                   .plugged = plugged,
                                                   .display = display,
                                                   .searching = searching,
                                                   .attach = attach,
                                                   .fds = fds,
                                                   .dispatch = dispatch,
                                                   .deadline_ms = deadline_ms,
                                                   .close = close_xrandr};

/* False without memory. */
static bool copy(const char *text, char **own) {
    *own = text ? strdup(text) : NULL;
    return !*own == !text;
}

static enum copp_result prepare(struct xrandr *xrandr, const struct copp_xrandr_config *config) {
    xrandr->backend.ops = &xrandr_ops;
    xrandr->trust_server = config->trust_server;
    xrandr->log = config->log;
    xrandr->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!copy(config->display, &xrandr->display) || !copy(config->connectors, &xrandr->connectors))
        return COPP_E_MEMORY;
    char server[KMS_DEVICE_SIZE];
    (void)snprintf(server, sizeof server, "X server %s", config->display ? config->display : "");
    kms_note_open(&xrandr->note, config->notes, server, config->log);
    return xrandr->epoll >= 0 ? COPP_OK : COPP_E_IO;
}

/* The first connection: there is little to do before. */
static enum copp_result connect_first(struct xrandr *xrandr) {
    enum copp_result result = COPP_E_IO;
    attempt(xrandr, 0);
    if (!xrandr->attempt)
        return COPP_E_IO;
    struct pollfd done = {.fd = randr_connect_fd(xrandr->attempt), .events = POLLIN};
    (void)poll(&done, 1, START_MS);
    if (!attempt_ended(xrandr, &result))
        copp_backend_say(xrandr->log, COPP_BACKEND_ERROR, "the X server does not answer");
    return result;
}

enum copp_result copp_xrandr_open(const struct copp_xrandr_config *config, struct copp_backend **backend) {
    *backend = NULL;
    struct xrandr *xrandr = calloc(1, sizeof *xrandr);
    if (!xrandr)
        return COPP_E_MEMORY;
    enum copp_result result = prepare(xrandr, config);
    if (!result)
        result = connect_first(xrandr);
    if (config->wait && (result == COPP_E_NOT_FOUND || result == COPP_E_IO))
        result = COPP_OK;
    if (result) {
        close_xrandr(&xrandr->backend);
        return result;
    }
    if (kms_cards_open(&xrandr->cards, NULL, config->read_ms, config->log))
        copp_backend_say(config->log, COPP_BACKEND_INFO, "the kernel has no graphics card for this X server's outputs");
    begin(xrandr);
    update_links(xrandr);
    *backend = &xrandr->backend;
    return COPP_OK;
}
