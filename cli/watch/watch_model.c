#include "watch_model.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/describe.h"
#include "cli/printable.h"

/* A daemon that goes on telling of new ones is not one. */
#define CONNECTORS_MAX 1024u
#define SESSIONS_MAX 65536u

void model_forget(struct model *model) {
    for (size_t i = 0; i < model->session_count; i++)
        free(model->sessions[i]);
    free(model->sessions);
    free(model->connectors);
    model->sessions = NULL;
    model->session_count = 0;
    model->connectors = NULL;
    model->connector_count = 0;
    model->complete = false;
}

void model_free(struct model *model) {
    model_forget(model);
    for (size_t i = 0; i < MODEL_LOG; i++)
        free(model->log[i].text);
}

void model_say(struct model *model, const char *format, ...) {
    char text[MODEL_LINE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct model_line *line = &model->log[model->lines % MODEL_LOG];
    char *copy = strdup(text);
    if (copy == NULL) {
        model->failed = true;
        return;
    }
    free(line->text);
    line->text = copy;
    clock_gettime(CLOCK_REALTIME, &line->when);
    model->lines++;
}

const struct model_line *model_line(const struct model *model, uint64_t number) {
    bool kept = number < model->lines && model->lines - number <= MODEL_LOG;
    return kept ? &model->log[number % MODEL_LOG] : NULL;
}

void model_clock(const struct timespec *when, char text[9]) {
    struct tm broken;
    if (localtime_r(&when->tv_sec, &broken) == NULL || strftime(text, 9, "%H:%M:%S", &broken) == 0)
        strcpy(text, "--:--:--");
}

/* Who it is. A process may have gone, and its number may be another's by now: nothing rests on it. */

static void user_name(uint32_t uid, char *name, size_t size) {
    const struct passwd *entry = getpwuid((uid_t)uid);
    if (entry != NULL)
        printable(entry->pw_name, name, size);
    else
        snprintf(name, size, "%u", (unsigned)uid);
}

static void command_name(uint32_t pid, char *name, size_t size) {
    char path[32];
    char text[64] = "";
    name[0] = '\0';
    snprintf(path, sizeof path, "/proc/%u/comm", (unsigned)pid);
    FILE *file = pid != 0 ? fopen(path, "re") : NULL;
    if (file == NULL)
        return;
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    if (got > 0 && text[got - 1] == '\n')
        text[got - 1] = '\0';
    printable(text, name, size);
}

static uint32_t level_of(const struct copp_socket_connector *connector, size_t type) {
    const uint32_t levels[PROTECTION_TYPES] = {connector->hdcp, connector->acp, connector->cgmsa};
    return levels[type];
}

static uint32_t held(const struct copp_socket_session_news *session, size_t type) {
    const uint32_t levels[PROTECTION_TYPES] = {session->hdcp, session->acp, session->cgmsa};
    return levels[type];
}

static const char *connector_name(const struct model *model, uint32_t index) {
    return index < model->connector_count ? model->connectors[index].name : "?";
}

/* Where the session is, or would be. */
static size_t place_of(const struct model *model, uint64_t id) {
    size_t low = 0;
    size_t high = model->session_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model->sessions[middle]->now.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct model_session *model_session(const struct model *model, uint64_t id) {
    size_t place = place_of(model, id);
    return place < model->session_count && model->sessions[place]->now.id == id ? model->sessions[place] : NULL;
}

/* "session 3 (mpv)" */
static void label_of(const struct model_session *session, char *label, size_t size) {
    bool named = session->command[0] != '\0';
    snprintf(label, size, "session %llu%s%s%s", (unsigned long long)session->now.id, named ? " (" : "", session->command,
             named ? ")" : "");
}

static void say_level(struct model *model, const char *who, size_t type, uint32_t old, uint32_t now) {
    char from[64];
    char to[64];
    if (old == now)
        return;
    describe_level(protection_types[type], old, from, sizeof from);
    describe_level(protection_types[type], now, to, sizeof to);
    model_say(model, "%s: %s %s -> %s", who, copp_protection_type_name(protection_types[type]), from, to);
}

/* Connectors */

/* What came so fast that it was told at once. */
static void say_count(struct model *model, const char *name, const char *what, uint32_t times) {
    if (times == 1)
        model_say(model, "%s: %s", name, what);
    else if (times > 1)
        model_say(model, "%s: %s (%u times)", name, what, (unsigned)times);
}

static void say_connector(struct model *model, const char *name, const struct copp_socket_connector_news *old,
                          const struct copp_socket_connector_news *now) {
    if (old->now.plugged != now->now.plugged)
        model_say(model, "%s: %s", name, now->now.plugged ? "a display is plugged in" : "nothing is plugged in");
    if (now->now.display[0] != '\0' && strcmp(old->now.display, now->now.display) != 0)
        model_say(model, "%s: the display calls itself %s", name, now->now.display);
    say_count(model, name, "the link or its protection was lost", now->losses - old->losses);
    say_count(model, name, "reconfigured", now->reconfigurations - old->reconfigurations);
    for (size_t i = 0; i < PROTECTION_TYPES; i++)
        say_level(model, name, i, level_of(&old->now, i), level_of(&now->now, i));
}

static void take_connector(struct model *model, const struct copp_socket_connector_news *news) {
    if (news->index < model->connector_count) {
        struct model_connector *known = &model->connectors[news->index];
        if (model->complete)
            say_connector(model, known->name, &known->now, news);
        known->now = *news;
        return;
    }
    if (news->index != model->connector_count || news->index >= CONNECTORS_MAX)
        return; /* no coppd would */
    struct model_connector *more = realloc(model->connectors, (model->connector_count + 1) * sizeof *more);
    if (more == NULL) {
        model->failed = true;
        return;
    }
    model->connectors = more;
    struct model_connector *added = &more[model->connector_count++];
    added->now = *news;
    printable(news->now.name, added->plain, sizeof added->plain);
    describe_output(added->plain, news->now.real, true, added->name, sizeof added->name);
    if (model->complete)
        model_say(model, "%s: a new connector", added->name);
}

/* Sessions */

static struct model_session *add_session(struct model *model, const struct copp_socket_session_news *news, uint64_t now_ms) {
    size_t place = place_of(model, news->id);
    struct model_session **more = NULL;
    struct model_session *session = NULL;
    if (model->session_count >= SESSIONS_MAX)
        return NULL;
    session = calloc(1, sizeof *session);
    more = session != NULL ? realloc(model->sessions, (model->session_count + 1) * sizeof(struct model_session *)) : NULL;
    if (more == NULL) {
        free(session);
        model->failed = true;
        return NULL;
    }
    model->sessions = more;
    memmove(&more[place + 1], &more[place], (model->session_count - place) * sizeof(struct model_session *));
    more[place] = session;
    model->session_count++;
    *session = (struct model_session){.now = *news, .began_ms = now_ms - news->age_ms};
    user_name(news->uid, session->user, sizeof session->user);
    command_name(news->pid, session->command, sizeof session->command);
    return session;
}

static void say_opened(struct model *model, const struct model_session *session) {
    char label[80];
    label_of(session, label, sizeof label);
    model_say(model, "%s: opened on %s by %s, process %u", label, connector_name(model, session->now.connector), session->user,
              (unsigned)session->now.pid);
}

static void say_session(struct model *model, const struct model_session *session, const struct copp_socket_session_news *now) {
    const struct copp_socket_session_news *old = &session->now;
    char label[80];
    char flags[64];
    label_of(session, label, sizeof label);
    if (old->state == COPP_SOCKET_OPENED && now->state != COPP_SOCKET_OPENED)
        model_say(model, "%s: handshake done", label);
    if (now->events & ~old->events) {
        describe_events(now->events & ~old->events, flags, sizeof flags);
        model_say(model, "%s: %s", label, flags);
    }
    for (size_t i = 0; i < PROTECTION_TYPES; i++)
        say_level(model, label, i, held(old, i), held(now, i));
    if (now->state == COPP_SOCKET_UNDER_WAY && old->state != now->state)
        model_say(model, "%s: a command is under way", label);
    if (old->events & ~now->events) {
        describe_events(old->events & ~now->events, flags, sizeof flags);
        model_say(model, "%s: %s delivered to the player", label, flags);
    }
}

static void take_session(struct model *model, const struct copp_socket_session_news *news, uint64_t now_ms) {
    struct model_session *session = model_session(model, news->id);
    if (session == NULL) {
        session = add_session(model, news, now_ms);
        if (session != NULL && model->complete)
            say_opened(model, session);
        return;
    }
    if (model->complete)
        say_session(model, session, news);
    session->now = *news;
}

/* "5s", "3m12s", "2h03m", "4d05h" */
static void describe_age(uint64_t ms, char *text, size_t size) {
    unsigned long long s = ms / 1000;
    if (s < 60)
        snprintf(text, size, "%llus", s);
    else if (s < 3600)
        snprintf(text, size, "%llum%02llus", s / 60, s % 60);
    else if (s < 86400)
        snprintf(text, size, "%lluh%02llum", s / 3600, s / 60 % 60);
    else
        snprintf(text, size, "%llud%02lluh", s / 86400, s / 3600 % 24);
}

static void take_end(struct model *model, const struct copp_socket_ended_news *news, uint64_t now_ms) {
    struct model_session *session = model_session(model, news->id);
    char label[80];
    char age[32];
    if (session == NULL)
        return;
    label_of(session, label, sizeof label);
    describe_age(now_ms - session->began_ms, age, sizeof age);
    if (model->complete)
        model_say(model, "%s: ended after %s%s%s", label, age, news->cause[0] != '\0' ? ": " : "", news->cause);
    size_t place = place_of(model, news->id);
    free(session);
    model->session_count--;
    memmove(&model->sessions[place], &model->sessions[place + 1],
            (model->session_count - place) * sizeof(struct model_session *));
}

static void take_refusal(struct model *model, const struct copp_socket_refused_news *news) {
    const struct model_session *session = model_session(model, news->id);
    char label[80];
    char user[33];
    char others[48] = "";
    if (news->count > 1)
        snprintf(others, sizeof others, ", the last of %u that were refused", (unsigned)news->count);
    if (session != NULL) {
        label_of(session, label, sizeof label);
    } else {
        user_name(news->uid, user, sizeof user);
        snprintf(label, sizeof label, "%s, process %u", user, (unsigned)news->pid);
    }
    if (news->request[0] == '\0')
        model_say(model, "%s: refused: %s%s", label, news->cause, others);
    else if (session != NULL && session->now.state == COPP_SOCKET_UNDER_WAY)
        model_say(model, "%s: the command under way failed and was rolled back: %s%s", label, copp_hresult_name(news->hresult),
                  others);
    else
        model_say(model, "%s: %s refused: %s%s", label, news->request, copp_hresult_name(news->hresult), others);
}

void model_take(struct model *model, const struct copp_socket_news *news, uint64_t now_ms) {
    switch (news->kind) {
    case COPP_SOCKET_CONNECTOR:
        take_connector(model, &news->u.connector);
        break;
    case COPP_SOCKET_SESSION:
        take_session(model, &news->u.session, now_ms);
        break;
    case COPP_SOCKET_ENDED:
        take_end(model, &news->u.ended, now_ms);
        break;
    case COPP_SOCKET_REFUSED:
        take_refusal(model, &news->u.refused);
        break;
    case COPP_SOCKET_COMPLETE:
        model->complete = true;
        if (model->connector_count == 0)
            model_say(model, "there are no outputs yet");
        break;
    }
}

/* Tables */

void model_connectors(const struct model *model, struct table *table) {
    static const char *const head[] = {"CONNECTOR", "TYPE", "HDCP", "ACP", "CGMS-A", "SESSIONS"};
    *table = (struct table){.columns = 6};
    for (size_t i = 0; i < table->columns; i++)
        table_add(table, head[i]);
    for (size_t i = 0; i < model->connector_count; i++) {
        const struct model_connector *connector = &model->connectors[i];
        char text[128];
        describe_output(connector->plain, connector->now.now.real, connector->now.now.plugged, text, sizeof text);
        table_add(table, text);
        describe_connector(connector->now.now.connector_type, text, sizeof text);
        table_add(table, text);
        for (size_t type = 0; type < PROTECTION_TYPES; type++) {
            bool has = (connector->now.now.protection_types & protection_types[type]) != 0;
            describe_level(protection_types[type], level_of(&connector->now.now, type), text, sizeof text);
            table_add(table, has ? text : "-");
        }
        snprintf(text, sizeof text, "%u", (unsigned)connector->now.now.devices);
        table_add(table, text);
    }
}

static void describe_held(const struct copp_socket_session_news *session, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < PROTECTION_TYPES && used < size; i++) {
        char level[64];
        if (held(session, i) == 0 || held(session, i) == COPP_NO_PROTECTION_LEVEL_AVAILABLE)
            continue;
        describe_level(protection_types[i], held(session, i), level, sizeof level);
        used += (size_t)snprintf(text + used, size - used, "%s%s %s", used > 0 ? ", " : "",
                                 copp_protection_type_name(protection_types[i]), level);
    }
    if (used < size && session->state == COPP_SOCKET_UNDER_WAY)
        snprintf(text + used, size - used, "%scommand under way", used > 0 ? ", " : "");
    else if (used == 0)
        snprintf(text, size, "%s", session->state == COPP_SOCKET_OPENED ? "no handshake yet" : "nothing");
}

void model_sessions(const struct model *model, uint64_t now_ms, struct table *table) {
    static const char *const head[] = {"SESSION", "CONNECTOR", "USER", "PID", "COMMAND", "HOLDS", "EVENTS", "AGE"};
    *table = (struct table){.columns = 8};
    for (size_t i = 0; i < table->columns; i++)
        table_add(table, head[i]);
    for (size_t i = 0; i < model->session_count; i++) {
        const struct model_session *session = model->sessions[i];
        char text[160];
        snprintf(text, sizeof text, "%llu", (unsigned long long)session->now.id);
        table_add(table, text);
        table_add(table, connector_name(model, session->now.connector));
        table_add(table, session->user);
        snprintf(text, sizeof text, "%u", (unsigned)session->now.pid);
        table_add(table, session->now.pid != 0 ? text : "-");
        table_add(table, session->command[0] != '\0' ? session->command : "-");
        describe_held(&session->now, text, sizeof text);
        table_add(table, text);
        describe_events(session->now.events, text, sizeof text);
        table_add(table, text);
        describe_age(now_ms - session->began_ms, text, sizeof text);
        table_add(table, text);
    }
}
