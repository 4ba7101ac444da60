#include "displays.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/common/protection.h"

/* One display. What its protection's thread tells is behind the mutex of all. */
struct display {
    struct displays *owner;
    struct protection *protection;
    char *name; /* as in displays_set; NULL: whichever there is */
    enum protection_state state;
    bool changed;
    bool simulated;
    char connector[COPP_CONNECTOR_NAME_SIZE];
    char text[DISPLAY_TEXT_SIZE];
};

struct displays {
    const struct plugin_options *options;
    void (*wake)(void *user);
    void *user;
    pthread_mutex_t mutex;
    struct display *all[DISPLAYS_MAX];
    size_t count;
};

static void on_change(void *user, const struct protection_report *report) {
    struct display *display = user;
    struct displays *owner = display->owner;
    pthread_mutex_lock(&owner->mutex);
    display->state = report->state;
    display->simulated = report->simulated;
    display->changed = true;
    snprintf(display->connector, sizeof display->connector, "%s", report->connector);
    snprintf(display->text, sizeof display->text, "%s", report->text);
    pthread_mutex_unlock(&owner->mutex);
    owner->wake(owner->user);
}

static void display_free(struct display *display) {
    protection_stop(&display->protection);
    free(display->name);
    free(display);
}

static struct display *display_new(struct displays *owner, const char *name, int card_fd) {
    const struct plugin_options *options = owner->options;
    struct display *display = calloc(1, sizeof *display);
    if (display == NULL)
        return NULL;
    display->owner = owner;
    display->name = name != NULL ? strdup(name) : NULL;
    const struct protection_config config = {
        .device = options->device,
        .connector = display->name,
        .anchor = options->anchor,
        .srm = options->srm,
        .card_fd = card_fd,
        .card_offered = true,
        .requirement = {.size = sizeof config.requirement,
                        .hdcp = options->hdcp ? COPP_HDCP_ON : COPP_HDCP_OFF,
                        .acp = options->acp,
                        .cgmsa = options->cgmsa,
                        .unnamed_receiver = options->unnamed_receiver,
                        .type1 = options->type1},
        .changed = on_change,
        .user = display,
    };
    if ((name == NULL || display->name != NULL) && protection_start(&config, &display->protection) == COPP_OK)
        return display;
    display_free(display);
    return NULL;
}

struct displays *displays_new(const struct plugin_options *options, void (*wake)(void *user), void *user) {
    struct displays *displays = calloc(1, sizeof *displays);
    if (displays == NULL)
        return NULL;
    displays->options = options;
    displays->wake = wake;
    displays->user = user;
    pthread_mutex_init(&displays->mutex, NULL);
    return displays;
}

static bool same_name(const char *a, const char *b) {
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Takes the display of that name out of the old ones; NULL where it is new. One that has ended is begun anew. */
static struct display *keep(struct displays *displays, struct display **old, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        struct display *display = old[i];
        if (display == NULL || !same_name(display->name, name))
            continue;
        pthread_mutex_lock(&displays->mutex);
        bool ended = display->state == PROTECTION_ENDED;
        pthread_mutex_unlock(&displays->mutex);
        if (ended)
            continue;
        old[i] = NULL;
        return display;
    }
    return NULL;
}

bool displays_set(struct displays *displays, char *const *names, size_t count, int card_fd) {
    struct display *old[DISPLAYS_MAX];
    size_t old_count = displays->count;
    bool good = count <= DISPLAYS_MAX;
    memcpy(old, displays->all, sizeof old);
    displays->count = 0;
    for (size_t i = 0; good && i < count; i++) {
        struct display *display = keep(displays, old, old_count, names[i]);
        if (display == NULL)
            display = display_new(displays, names[i], card_fd);
        good = display != NULL;
        if (good)
            displays->all[displays->count++] = display;
    }
    for (size_t i = 0; i < old_count; i++) {
        if (old[i] != NULL)
            display_free(old[i]);
    }
    while (!good && displays->count > 0) /* not some of them */
        display_free(displays->all[--displays->count]);
    return good;
}

size_t displays_count(const struct displays *displays) {
    return displays->count;
}

bool displays_in_force(struct displays *displays) {
    bool all = displays->count > 0;
    for (size_t i = 0; all && i < displays->count; i++)
        all = protection_in_force(displays->all[i]->protection);
    return all;
}

bool displays_ended(struct displays *displays) {
    bool ended = false;
    pthread_mutex_lock(&displays->mutex);
    for (size_t i = 0; i < displays->count; i++)
        ended = ended || displays->all[i]->state == PROTECTION_ENDED;
    pthread_mutex_unlock(&displays->mutex);
    return ended;
}

void displays_tell(struct displays *displays, bool all, void (*tell)(void *user, const struct display_news *news), void *user) {
    for (size_t i = 0; i < displays->count; i++) {
        struct display *display = displays->all[i];
        pthread_mutex_lock(&displays->mutex);
        const struct display now = *display;
        display->changed = false;
        pthread_mutex_unlock(&displays->mutex);
        const struct display_news news = {
            .name = now.connector[0] != '\0' ? now.connector
                    : display->name != NULL  ? display->name
                                             : "",
            .state = protection_state_name(now.state),
            .text = now.text,
            .simulated = now.simulated,
        };
        if (all || now.changed)
            tell(user, &news);
    }
}

void displays_free(struct displays **displays) {
    if (*displays == NULL)
        return;
    displays_set(*displays, NULL, 0, -1);
    pthread_mutex_destroy(&(*displays)->mutex);
    free(*displays);
    *displays = NULL;
}
