/*
 * A plugin of mpv: holds a file back until the displays that mpv's window is on are protected, and takes the video away once they are not.
 * It uses the functions of mpv that loads it, and is not linked with libmpv.
 *
 * Video is hidden by deselecting its track: then mpv neither decodes nor shows anything, also while it is paused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "displays.h"
#include "options.h"
#include "place.h"

#define LOOK_S 0.1 /* between two looks at what nobody tells, such as a coppd that has fallen silent (APP-3) */
#define WINDOW_MS 1000u /* how long a window may take to say which displays it is on */
#define CARD_MS 10000u /* and mpv to become master of a graphics card: setting its mode takes time */
#define SHOWN_MS "10000"

enum { OBSERVE_DISPLAYS = 1, OBSERVE_OUTPUT, OBSERVE_VIDEO, OBSERVE_GRAPH, OBSERVE_IDLE };

struct plugin {
    mpv_handle *mpv;
    struct plugin_options options;
    struct displays *displays;
    char broken[DISPLAY_TEXT_SIZE]; /* why nothing may be played; "": nothing is wrong */
    bool unplaced; /* the displays cannot be protected, all of them: nothing is shown until the window is elsewhere */
    bool loading; /* mpv waits in the hook for an answer */
    uint64_t hook; /* to give it to */
    char *output; /* what mpv shows pictures with, such as "x11"; NULL: with nothing yet */
    uint64_t window_due_ms; /* until when display names are waited for; 0: they are not */
    bool hidden;
    char *video; /* the track that was shown, to come back */
};

/* Exported: mpv looks for it. */
__attribute__((visibility("default"))) int mpv_open_cplugin(mpv_handle *mpv);

static const char unplaced[] = "copp: protection cannot begin: out of memory, or a window on too many displays; move it onto one";

/* Why nothing may be played; NULL: nothing is wrong. */
static const char *obstacle(const struct plugin *p) {
    return p->broken[0] != '\0' ? p->broken : p->unplaced ? unplaced : NULL;
}

/* --- saying --- */

static void say(struct plugin *p, const char *text) {
    const char *shown[] = {"show-text", text, SHOWN_MS, NULL};
    const char *printed[] = {"print-text", text, NULL};
    mpv_command_async(p->mpv, 0, shown);
    mpv_command_async(p->mpv, 0, printed);
}

/* Also to every script and IPC client: copp-protection DISPLAY STATE TEXT. */
static void say_news(void *user, const struct display_news *news) {
    struct plugin *p = user;
    char text[DISPLAY_TEXT_SIZE + 128];
    const char *message[] = {"script-message", "copp-protection", news->name, news->state, news->text, NULL};
    mpv_command_async(p->mpv, 0, message);
    snprintf(text, sizeof text, "copp: %s%s%s%s%s%s", news->name, *news->name != '\0' ? ": " : "", news->state,
             *news->text != '\0' ? ": " : "", news->text, news->simulated ? " (simulated: protects nothing)" : "");
    say(p, text);
}

static void say_status(struct plugin *p) {
    const char *why = obstacle(p);
    if (why != NULL)
        say(p, why);
    else if (!p->options.enabled)
        say(p, "copp: disabled: nothing is protected");
    else if (displays_count(p->displays) == 0)
        say(p, "copp: nothing is protected, since nothing is played");
    else
        displays_tell(p->displays, true, say_news, p);
}

/* --- hiding and showing --- */

static bool is_set(mpv_handle *mpv, const char *flag) {
    int value = 0;
    return mpv_get_property(mpv, flag, MPV_FORMAT_FLAG, &value) >= 0 && value != 0;
}

/* A graph of filters (--lavfi-complex) makes pictures of whatever it likes, and mpv does not take away the tracks that it reads. */
static bool has_graph(mpv_handle *mpv) {
    char *graph = mpv_get_property_string(mpv, "lavfi-complex");
    bool has = graph == NULL || *graph != '\0';
    mpv_free(graph);
    return has;
}

static void hide(struct plugin *p) {
    const char *stop[] = {"stop", NULL};
    p->hidden = true;
    if (!p->loading && has_graph(p->mpv)) { /* what cannot be hidden is not played */
        mpv_command(p->mpv, stop);
        return;
    }
    char *video = mpv_get_property_string(p->mpv, "vid");
    if (mpv_set_property_string(p->mpv, "vid", "no") < 0)
        mpv_command(p->mpv, stop);
    if (video != NULL && strcmp(video, "no") != 0) {
        free(p->video);
        p->video = strdup(video);
    }
    mpv_free(video);
}

static void show(struct plugin *p) {
    p->hidden = false;
    if (p->video != NULL)
        mpv_set_property_string(p->mpv, "vid", p->video);
    free(p->video);
    p->video = NULL;
}

/* Somebody selects a track while it is hidden: it is the one to come back. */
static void on_video(struct plugin *p) {
    char *video = mpv_get_property_string(p->mpv, "vid");
    if (p->hidden && video != NULL && strcmp(video, "no") != 0)
        hide(p);
    mpv_free(video);
}

/* So is a graph that somebody sets up meanwhile. */
static void on_graph(struct plugin *p) {
    if (p->hidden && !p->loading && has_graph(p->mpv))
        hide(p);
}

/* --- which displays --- */

/* Not some of them: a display that is left out would show the picture as well. */
static void use_place(struct plugin *p, const struct place *place) {
    static char *const whichever[] = {NULL};
    const bool named = place->count > 0;
    const bool good = !place->incomplete &&
                      displays_set(p->displays, named ? place->names : whichever, named ? place->count : 1, place->card_fd);
    if (!good) {
        displays_set(p->displays, NULL, 0, -1);
        say(p, unplaced);
    }
    p->unplaced = !good;
    p->window_due_ms = 0;
}

/*
 * What is configured, else where the window is. Where mpv does not tell, as without a window, it is the only display there is: coppd's list
 * says whether there is one alone. Nothing is chosen while mpv may still tell.
 */
static void choose_displays(struct plugin *p) {
    struct place place;
    place_read(p->mpv, p->options.connector, &place);
    if (place.known || clock_ms() >= p->window_due_ms)
        use_place(p, &place);
    place_free(&place);
}

/* The window has moved. Until the displays it is on now are protected nothing is shown on any of them. */
static void on_displays(struct plugin *p) {
    if ((displays_count(p->displays) > 0 || p->unplaced) && p->options.connector == NULL) {
        p->window_due_ms = clock_ms() + WINDOW_MS;
        choose_displays(p);
    }
}

/*
 * Another output shows the picture from now on (vo, set while a film plays). The displays it was on say nothing about those it is on now,
 * nor is a card lent for them.
 */
static void leave_displays(struct plugin *p) {
    hide(p);
    displays_set(p->displays, NULL, 0, -1);
    p->unplaced = false;
    p->window_due_ms = clock_ms() + (place_is_card(p->mpv) ? CARD_MS : WINDOW_MS);
    choose_displays(p);
}

/* Without pictures mpv may have no output, and the same one again later. */
static void on_output(struct plugin *p) {
    char *output = mpv_get_property_string(p->mpv, "current-vo");
    if (output == NULL)
        return;
    const bool other = p->output != NULL && strcmp(output, p->output) != 0;
    mpv_free(p->output);
    p->output = output;
    if (other && (displays_count(p->displays) > 0 || p->unplaced || p->loading))
        leave_displays(p);
}

/* --- a file --- */

static void answer_hook(struct plugin *p) {
    p->loading = false;
    mpv_hook_continue(p->mpv, p->hook);
}

/* The file is not opened at all. */
static void refuse_file(struct plugin *p) {
    const char *command[] = {"stop", NULL};
    mpv_command(p->mpv, command);
    answer_hook(p);
}

static void on_load(struct plugin *p, const mpv_event_hook *hook) {
    p->loading = true;
    p->hook = hook->id;
    if (!p->options.enabled && p->broken[0] == '\0') {
        answer_hook(p);
        return;
    }
    if (p->broken[0] != '\0') {
        say(p, p->broken);
        refuse_file(p);
        return;
    }
    p->window_due_ms = clock_ms() + (place_is_card(p->mpv) ? CARD_MS : WINDOW_MS);
    choose_displays(p);
}

/* The file that was being played when the plugin was loaded (load-script): mpv does not ask about it any more. */
static void join_file(struct plugin *p) {
    char *path = mpv_get_property_string(p->mpv, "path");
    if (path != NULL && (p->options.enabled || p->broken[0] != '\0')) {
        hide(p);
        if (p->broken[0] == '\0')
            choose_displays(p);
    }
    mpv_free(path);
}

/* Between two files the level stays up, without any it is given back. */
static void on_idle(struct plugin *p) {
    if (is_set(p->mpv, "idle-active") && !p->loading) {
        displays_set(p->displays, NULL, 0, -1);
        p->unplaced = false;
        p->window_due_ms = 0;
    }
}

/* What follows from how the displays are now. */
static void update(struct plugin *p) {
    bool in_force = displays_in_force(p->displays);
    if (!in_force && !p->hidden && (displays_count(p->displays) > 0 || obstacle(p) != NULL))
        hide(p);
    if (in_force && p->hidden)
        show(p);
    displays_tell(p->displays, false, say_news, p);
    if (p->window_due_ms != 0 && (p->loading || displays_count(p->displays) == 0))
        choose_displays(p);
    if (p->loading &&
        (in_force || is_set(p->mpv, "playback-abort"))) /* mpv waits for the answer also where the file is not wanted any more */
        answer_hook(p);
    else if (p->loading && (displays_ended(p->displays) || obstacle(p) != NULL))
        refuse_file(p);
}

/* --- mpv's events --- */

static void on_message(struct plugin *p, const mpv_event_client_message *message) {
    if (message->num_args > 0 && strcmp(message->args[0], "copp-status") == 0)
        say_status(p);
}

static void on_event(struct plugin *p, const mpv_event *event) {
    switch (event->event_id) {
    case MPV_EVENT_HOOK:
        on_load(p, event->data);
        break;
    case MPV_EVENT_CLIENT_MESSAGE:
        on_message(p, event->data);
        break;
    case MPV_EVENT_PROPERTY_CHANGE:
        if (event->reply_userdata == OBSERVE_DISPLAYS)
            on_displays(p);
        else if (event->reply_userdata == OBSERVE_OUTPUT)
            on_output(p);
        else if (event->reply_userdata == OBSERVE_VIDEO)
            on_video(p);
        else if (event->reply_userdata == OBSERVE_GRAPH)
            on_graph(p);
        else
            on_idle(p);
        break;
    default:
        break;
    }
}

static void wake(void *user) {
    mpv_wakeup(((struct plugin *)user)->mpv);
}

/* A window says on which displays it is only once it is there, and a card has a master no earlier. That is before a file is loaded only if mpv
 * is told to. */
static bool begin(struct plugin *p) {
    bool good = options_read(p->mpv, &p->options, p->broken, sizeof p->broken);
    p->displays = displays_new(&p->options, wake, p);
    if (p->displays == NULL || mpv_hook_add(p->mpv, 0, "on_load", 0) < 0)
        return false;
    mpv_observe_property(p->mpv, OBSERVE_DISPLAYS, "display-names", MPV_FORMAT_NONE);
    mpv_observe_property(p->mpv, OBSERVE_OUTPUT, "current-vo", MPV_FORMAT_NONE);
    mpv_observe_property(p->mpv, OBSERVE_VIDEO, "vid", MPV_FORMAT_NONE);
    mpv_observe_property(p->mpv, OBSERVE_GRAPH, "lavfi-complex", MPV_FORMAT_NONE);
    mpv_observe_property(p->mpv, OBSERVE_IDLE, "idle-active", MPV_FORMAT_NONE);
    if (good && p->options.enabled && (p->options.connector == NULL || place_is_card(p->mpv)))
        mpv_set_property_string(p->mpv, "force-window", "immediate");
    join_file(p);
    return true;
}

int mpv_open_cplugin(mpv_handle *mpv) {
    struct plugin p = {.mpv = mpv};
    if (!begin(&p))
        return -1;
    for (;;) {
        const bool looks = displays_count(p.displays) > 0 || p.loading || p.window_due_ms != 0;
        const mpv_event *event = mpv_wait_event(mpv, looks ? LOOK_S : -1);
        if (event->event_id == MPV_EVENT_SHUTDOWN)
            break;
        on_event(&p, event);
        update(&p);
    }
    displays_free(&p.displays);
    options_free(&p.options);
    mpv_free(p.output);
    free(p.video);
    return 0;
}
