#include "outputs/xrandr/randr.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xcb/xcbext.h>

#include "common/clock.h"
#include "outputs/kms/timing.h"

#define WRITE_MS 100u
#define BUSY_MS 20000u /* of a driver that authenticates before it returns: IGT allows 18 s */
#define ANSWER_MS 1000 /* with a look every 500 ms LinkLost reaches a player within the 2 s of APP-3 */

#define REPLY_SIZE 32u /* at least; lengths are in words more */
#define SETUP_HEAD_SIZE 8u /* likewise */
#define EVENTS_MAX 65536u /* in a look: a server that never stops reporting changes is broken */

static const char *const atom_names[RANDR_ATOMS] = {
    [RANDR_PROTECTION] = "Content Protection",
    [RANDR_CONTENT_TYPE] = "HDCP Content Type",
    [RANDR_CONNECTOR_ID] = "CONNECTOR_ID",
    [RANDR_EDID] = "EDID",
    [RANDR_TYPE0] = "HDCP Type0",
    [RANDR_UNDESIRED] = "Undesired",
    [RANDR_DESIRED] = "Desired",
    [RANDR_ENABLED] = "Enabled",
};

/* xcb's calls that read or write, for as long as they may take. */

static int poll_for_reply(struct randr *randr, unsigned sequence, void **reply, xcb_generic_error_t **error) {
    randr_watchdog_enter(randr->watchdog);
    int done = xcb_poll_for_reply(randr->connection, sequence, reply, error);
    randr_watchdog_leave(randr->watchdog);
    return done;
}

static xcb_generic_event_t *poll_for_event(struct randr *randr) {
    randr_watchdog_enter(randr->watchdog);
    xcb_generic_event_t *event = xcb_poll_for_event(randr->connection);
    randr_watchdog_leave(randr->watchdog);
    return event;
}

static bool flush(struct randr *randr) {
    randr_watchdog_enter(randr->watchdog);
    bool sent = xcb_flush(randr->connection) > 0;
    randr_watchdog_leave(randr->watchdog);
    return sent;
}

static void intern_atoms(struct randr *randr) {
    xcb_intern_atom_cookie_t cookies[RANDR_ATOMS];
    for (size_t i = 0; i < RANDR_ATOMS; i++)
        cookies[i] = xcb_intern_atom(randr->connection, 0, (uint16_t)strlen(atom_names[i]), atom_names[i]);
    for (size_t i = 0; i < RANDR_ATOMS; i++) {
        xcb_intern_atom_reply_t *reply = xcb_intern_atom_reply(randr->connection, cookies[i], NULL);
        randr->atoms[i] = reply ? reply->atom : XCB_ATOM_NONE;
        free(reply);
    }
}

static bool has_randr(struct randr *randr) {
    const xcb_query_extension_reply_t *extension = xcb_get_extension_data(randr->connection, &xcb_randr_id);
    if (!extension || !extension->present)
        return false;
    randr->first_event = extension->first_event;
    xcb_randr_query_version_reply_t *version =
        xcb_randr_query_version_reply(randr->connection, xcb_randr_query_version(randr->connection, 1, 3), NULL);
    bool enough = version && (version->major_version > 1 || version->minor_version >= 3);
    free(version);
    return enough;
}

/* False: the server has told of no such screen, or of less of it than it says. */
static bool find_root(struct randr *randr, int screen) {
    const xcb_setup_t *setup = xcb_get_setup(randr->connection);
    const uint8_t *end = (const uint8_t *)setup + SETUP_HEAD_SIZE + 4 * (size_t)setup->length;
    xcb_screen_iterator_t iterator = xcb_setup_roots_iterator(setup);
    for (; iterator.rem > 1 && screen > 0 && (const uint8_t *)(iterator.data + 1) <= end; screen--)
        xcb_screen_next(&iterator);
    if (iterator.rem < 1 || (const uint8_t *)(iterator.data + 1) > end)
        return false;
    randr->root = iterator.data->root;
    return true;
}

enum copp_result randr_open(struct randr *randr, const char *display) {
    int screen = 0;
    memset(randr, 0, sizeof *randr);
    randr->connection = xcb_connect(display, &screen);
    if (!randr_alive(randr) || !has_randr(randr) || !find_root(randr, screen))
        return COPP_E_NOT_FOUND;
    intern_atoms(randr);
    xcb_randr_select_input(randr->connection, randr->root,
                           XCB_RANDR_NOTIFY_MASK_SCREEN_CHANGE | XCB_RANDR_NOTIFY_MASK_CRTC_CHANGE |
                               XCB_RANDR_NOTIFY_MASK_OUTPUT_CHANGE | XCB_RANDR_NOTIFY_MASK_OUTPUT_PROPERTY);
    if (xcb_flush(randr->connection) <= 0)
        return COPP_E_NOT_FOUND;
    randr->watchdog = randr_watchdog_begin(xcb_get_file_descriptor(randr->connection));
    return randr->watchdog ? COPP_OK : COPP_E_IO;
}

void randr_close(struct randr *randr) {
    randr_watchdog_end(&randr->watchdog);
    xcb_disconnect(randr->connection);
    randr->connection = NULL;
}

bool randr_alive(const struct randr *randr) {
    return randr->connection && !randr->silent && !xcb_connection_has_error(randr->connection);
}

void randr_begin(struct randr *randr) {
    randr->deadline_ms = clock_ms() + ANSWER_MS;
}

/*
 * The reply to a request; NULL for an error, and for a request without reply once a later one has been answered. xcb's own
 * calls wait for a server that is stopped for as long as it is.
 */
static void *answer_to(struct randr *randr, unsigned sequence, bool *refused) {
    struct pollfd fd = {.fd = xcb_get_file_descriptor(randr->connection), .events = POLLIN};
    xcb_generic_error_t *error = NULL;
    void *reply = NULL;
    if (!randr->silent)
        (void)flush(randr);
    while (!randr->silent && !poll_for_reply(randr, sequence, &reply, &error)) {
        uint64_t now = clock_ms();
        if (now < randr->deadline_ms)
            (void)poll(&fd, 1, (int)(randr->deadline_ms - now));
        else
            randr->silent = true;
    }
    if (refused)
        *refused = error || !randr_alive(randr);
    free(error);
    return reply;
}

/* The lists that a reply says it has are there: xcb does not look, and the server may be anybody's. Else NULL. */
static void *whole(void *reply, size_t fixed, int (*size_of)(const void *)) {
    size_t got = reply ? REPLY_SIZE + 4 * (size_t)((const xcb_generic_reply_t *)reply)->length : 0;
    if (got >= fixed && got >= (size_t)size_of(reply))
        return reply;
    free(reply);
    return NULL;
}

/* The first 32-bit word of a property; false if it is not there or is something else. */
static bool property_word(struct randr *randr, xcb_randr_output_t output, xcb_atom_t atom, uint32_t *word) {
    xcb_randr_get_output_property_reply_t *reply = whole(
        answer_to(randr, xcb_randr_get_output_property(randr->connection, output, atom, XCB_ATOM_ANY, 0, 1, 0, 0).sequence, NULL),
        sizeof *reply, xcb_randr_get_output_property_sizeof);
    bool got = reply && reply->format == 32 && reply->num_items == 1 && xcb_randr_get_output_property_data_length(reply) >= 4;
    if (got)
        memcpy(word, xcb_randr_get_output_property_data(reply), sizeof *word);
    free(reply);
    return got;
}

static void read_display(struct randr *randr, xcb_randr_output_t output, char display[EDID_DISPLAY_SIZE]) {
    xcb_randr_get_output_property_reply_t *reply =
        whole(answer_to(randr,
                        xcb_randr_get_output_property(randr->connection, output, randr->atoms[RANDR_EDID], XCB_ATOM_ANY, 0,
                                                      EDID_BLOCK_SIZE / 4, 0, 0)
                            .sequence,
                        NULL),
              sizeof *reply, xcb_randr_get_output_property_sizeof);
    if (reply && reply->format == 8)
        (void)edid_display(xcb_randr_get_output_property_data(reply), (size_t)xcb_randr_get_output_property_data_length(reply),
                           display);
    free(reply);
}

/* Only a property that the driver has made immutable is its word: anybody may add the others. */
static uint32_t connector_id_of(struct randr *randr, xcb_randr_output_t output) {
    xcb_atom_t atom = randr->atoms[RANDR_CONNECTOR_ID];
    uint32_t id = 0;
    xcb_randr_query_output_property_reply_t *reply =
        answer_to(randr, xcb_randr_query_output_property(randr->connection, output, atom).sequence, NULL);
    bool drivers = reply && reply->immutable;
    free(reply);
    return drivers && property_word(randr, output, atom, &id) ? id : 0;
}

static void describe_output(struct randr *randr, xcb_randr_output_t id, const xcb_randr_get_output_info_reply_t *info,
                            struct randr_output *output) {
    uint32_t word;
    *output = (struct randr_output){.id = id};
    (void)snprintf(output->name, sizeof output->name, "%.*s", xcb_randr_get_output_info_name_length(info),
                   (const char *)xcb_randr_get_output_info_name(info));
    output->protection = property_word(randr, id, randr->atoms[RANDR_PROTECTION], &word);
    output->content_type = property_word(randr, id, randr->atoms[RANDR_CONTENT_TYPE], &word);
    output->connector_id = connector_id_of(randr, id);
    if (info->connection == XCB_RANDR_CONNECTION_CONNECTED)
        read_display(randr, id, output->display);
}

/* NULL if the server has gone, too: nothing else is asked then. */
static xcb_randr_get_screen_resources_current_reply_t *resources_of(struct randr *randr) {
    if (!randr_alive(randr))
        return NULL;
    return whole(answer_to(randr, xcb_randr_get_screen_resources_current(randr->connection, randr->root).sequence, NULL),
                 sizeof(xcb_randr_get_screen_resources_current_reply_t), xcb_randr_get_screen_resources_current_sizeof);
}

static xcb_randr_get_output_info_reply_t *info_of(struct randr *randr, xcb_randr_output_t output) {
    return whole(answer_to(randr, xcb_randr_get_output_info(randr->connection, output, XCB_CURRENT_TIME).sequence, NULL),
                 sizeof(xcb_randr_get_output_info_reply_t), xcb_randr_get_output_info_sizeof);
}

size_t randr_outputs(struct randr *randr, struct randr_output *outputs) {
    xcb_randr_get_screen_resources_current_reply_t *resources = resources_of(randr);
    size_t count = 0;
    for (int i = 0; resources && i < resources->num_outputs && count < RANDR_OUTPUTS; i++) {
        xcb_randr_output_t id = xcb_randr_get_screen_resources_current_outputs(resources)[i];
        xcb_randr_get_output_info_reply_t *info = info_of(randr, id);
        if (info)
            describe_output(randr, id, info, &outputs[count++]);
        free(info);
    }
    free(resources);
    return count;
}

bool randr_events(struct randr *randr) {
    bool any = false;
    xcb_generic_event_t *event;
    for (size_t count = 0; randr_alive(randr) && (event = poll_for_event(randr)) != NULL; count++) {
        randr->silent = count == EVENTS_MAX;
        uint8_t type = event->response_type & 0x7Fu;
        any = any || type == randr->first_event + XCB_RANDR_SCREEN_CHANGE_NOTIFY || type == randr->first_event + XCB_RANDR_NOTIFY;
        free(event);
    }
    return any;
}

static void display_of(const xcb_randr_get_screen_resources_current_reply_t *resources, xcb_randr_mode_t mode,
                       struct copp_display *display) {
    const xcb_randr_mode_info_t *modes = xcb_randr_get_screen_resources_current_modes(resources);
    for (int i = 0; i < resources->num_modes; i++) {
        if (modes[i].id != mode)
            continue;
        const struct kms_timing timing = {.clock_hz = modes[i].dot_clock,
                                          .width = modes[i].width,
                                          .height = modes[i].height,
                                          .total_width = modes[i].htotal,
                                          .total_height = modes[i].vtotal,
                                          .interlaced = modes[i].mode_flags & XCB_RANDR_MODE_FLAG_INTERLACE,
                                          .doubled = modes[i].mode_flags & XCB_RANDR_MODE_FLAG_DOUBLE_SCAN};
        kms_display_of(&timing, display);
        if (!display->width) { /* servers without hardware tell no clock */
            display->width = modes[i].width;
            display->height = modes[i].height;
        }
    }
}

static xcb_randr_get_crtc_info_reply_t *crtc_of(struct randr *randr, xcb_randr_crtc_t crtc) {
    return whole(answer_to(randr, xcb_randr_get_crtc_info(randr->connection, crtc, XCB_CURRENT_TIME).sequence, NULL),
                 sizeof(xcb_randr_get_crtc_info_reply_t), xcb_randr_get_crtc_info_sizeof);
}

static bool overlap(const xcb_randr_get_crtc_info_reply_t *a, const xcb_randr_get_crtc_info_reply_t *b) {
    return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height && b->y < a->y + a->height;
}

/* ARB-6: outputs that show the same part of the screen are clones. */
static enum copp_multi_adapter_mode mode_of(struct randr *randr, const xcb_randr_get_screen_resources_current_reply_t *resources,
                                            xcb_randr_crtc_t own_id, const xcb_randr_get_crtc_info_reply_t *own) {
    if (own->num_outputs > 1)
        return COPP_MODE_CLONE;
    enum copp_multi_adapter_mode mode = COPP_MODE_SINGLE;
    const xcb_randr_crtc_t *ids = xcb_randr_get_screen_resources_current_crtcs(resources);
    for (int i = 0; mode != COPP_MODE_CLONE && i < resources->num_crtcs; i++) {
        xcb_randr_get_crtc_info_reply_t *other = ids[i] == own_id ? NULL : crtc_of(randr, ids[i]);
        if (other && other->mode && other->num_outputs)
            mode = overlap(own, other) ? COPP_MODE_CLONE : COPP_MODE_DUALVIEW;
        free(other);
    }
    return mode;
}

static enum hdcp_value read_hdcp(struct randr *randr, const struct randr_output *output) {
    uint32_t atom;
    if (!property_word(randr, output->id, randr->atoms[RANDR_PROTECTION], &atom))
        return HDCP_UNREADABLE;
    if (atom == randr->atoms[RANDR_UNDESIRED])
        return HDCP_UNDESIRED;
    if (atom == randr->atoms[RANDR_DESIRED])
        return HDCP_DESIRED;
    return atom == randr->atoms[RANDR_ENABLED] ? HDCP_ENABLED : HDCP_UNREADABLE;
}

void randr_observe(struct randr *randr, const struct randr_output *output, struct hdcp_observation *observation) {
    xcb_randr_get_screen_resources_current_reply_t *resources = resources_of(randr);
    xcb_randr_get_output_info_reply_t *info = resources ? info_of(randr, output->id) : NULL;
    xcb_randr_get_crtc_info_reply_t *crtc = info && info->crtc ? crtc_of(randr, info->crtc) : NULL;
    if (info) {
        observation->connected = info->connection != XCB_RANDR_CONNECTION_DISCONNECTED;
        observation->hdcp = output->protection ? read_hdcp(randr, output) : HDCP_UNDESIRED;
    }
    if (crtc && crtc->mode) {
        observation->driven = true;
        display_of(resources, crtc->mode, &observation->state.display);
        observation->state.mode = mode_of(randr, resources, info->crtc, crtc);
    }
    free(crtc);
    free(info);
    free(resources);
}

/* Whether the last write has been carried out, or refused. */
static bool written(struct randr *randr, bool *refused) {
    void *reply = NULL;
    xcb_generic_error_t *error = NULL;
    if (!poll_for_reply(randr, randr->write_end, &reply, &error))
        return false;
    free(reply);
    free(error);
    randr->writing = false;
    *refused = false;
    for (size_t i = 0; i < 2; i++) {
        bool one = false;
        if (randr->writes[i])
            (void)answer_to(randr, randr->writes[i], &one);
        *refused = *refused || one;
    }
    return true;
}

bool randr_busy(struct randr *randr, uint64_t *for_ms) {
    bool refused;
    if (!randr->writing || !randr_alive(randr) || written(randr, &refused))
        return false;
    *for_ms = clock_ms() - randr->write_ms;
    randr->silent = *for_ms > BUSY_MS;
    return !randr->silent;
}

void randr_settle(struct randr *randr) {
    if (randr->writing && randr_alive(randr))
        free(answer_to(randr, randr->write_end, NULL));
    randr->writing = false;
}

static unsigned change(const struct randr *randr, xcb_randr_output_t output, enum randr_atom property, enum randr_atom value) {
    return xcb_randr_change_output_property_checked(randr->connection, output, randr->atoms[property], XCB_ATOM_ATOM, 32,
                                                    XCB_PROP_MODE_REPLACE, 1, &randr->atoms[value])
        .sequence;
}

/* That the server takes a value says nothing of what the driver makes of it. Some drivers authenticate before they return. */
enum copp_result randr_write(struct randr *randr, const struct randr_output *output, bool on) {
    uint64_t for_ms = 0;
    bool refused = false;
    if (randr_busy(randr, &for_ms))
        return COPP_E_PENDING;
    if (!randr_alive(randr))
        return COPP_E_FAILED;
    randr->writes[0] = on && output->content_type ? change(randr, output->id, RANDR_CONTENT_TYPE, RANDR_TYPE0) : 0;
    randr->writes[1] = change(randr, output->id, RANDR_PROTECTION, on ? RANDR_DESIRED : RANDR_UNDESIRED);
    randr->write_end = xcb_get_input_focus(randr->connection).sequence;
    randr->write_ms = clock_ms();
    randr->writing = flush(randr);
    struct pollfd fd = {.fd = xcb_get_file_descriptor(randr->connection), .events = POLLIN};
    while (randr->writing && !written(randr, &refused)) {
        uint64_t took = clock_ms() - randr->write_ms;
        if (took >= WRITE_MS)
            return COPP_OK;
        (void)poll(&fd, 1, (int)(WRITE_MS - took));
    }
    return refused || !randr_alive(randr) ? COPP_E_FAILED : COPP_OK;
}
