/* News as JSON objects, for programs. */
#include <stdio.h>
#include <time.h>

#include "cli/describe.h"
#include "cli/report.h"
#include "watch_model.h"

/* "2026-11-23T08:00:00.123Z" */
static json_t *json_now(void) {
    struct timespec now;
    struct tm broken;
    char seconds[32];
    char text[48];
    clock_gettime(CLOCK_REALTIME, &now);
    if (gmtime_r(&now.tv_sec, &broken) == NULL || strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &broken) == 0)
        return json_null();
    snprintf(text, sizeof text, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
    return json_string(text);
}

json_t *model_json_event(const char *event) {
    return json_pack("{ss so}", "event", event, "time", json_now());
}

/* The levels of the types there are. */
static json_t *json_levels(uint32_t types, const uint32_t *levels) {
    json_t *object = json_object();
    for (size_t i = 0; i < PROTECTION_TYPES; i++) {
        char name[64];
        if ((types & protection_types[i]) == 0)
            continue;
        describe_level(protection_types[i], levels[i], name, sizeof name);
        json_put(&object, copp_protection_type_name(protection_types[i]),
                 json_pack("{sI ss}", "level", (json_int_t)levels[i], "name", name));
    }
    return object;
}

static void put_connector(json_t **object, const struct copp_socket_connector_news *news) {
    const uint32_t levels[PROTECTION_TYPES] = {news->now.hdcp, news->now.acp, news->now.cgmsa};
    char type[64];
    describe_connector(news->now.connector_type, type, sizeof type);
    json_put(object, "connector", json_text(news->now.name));
    json_put(object, "simulated", json_boolean(!news->now.real));
    json_put(object, "plugged", json_boolean(news->now.plugged));
    json_put(object, "display", json_optional(news->now.display));
    json_put(object, "type", json_string(type));
    json_put(object, "levels", json_levels(news->now.protection_types, levels));
    json_put(object, "sessions", json_integer(news->now.devices));
    json_put(object, "losses", json_integer(news->losses));
    json_put(object, "reconfigurations", json_integer(news->reconfigurations));
}

static void put_session(json_t **object, const struct model *model, const struct copp_socket_session_news *news) {
    static const char *const states[] = {
        [COPP_SOCKET_OPENED] = "opened", [COPP_SOCKET_ACTIVE] = "active", [COPP_SOCKET_UNDER_WAY] = "command under way"};
    const uint32_t levels[PROTECTION_TYPES] = {news->hdcp, news->acp, news->cgmsa};
    const struct model_session *known = model_session(model, news->id);
    uint32_t types = 0;
    for (size_t i = 0; i < PROTECTION_TYPES; i++)
        types |= levels[i] != COPP_NO_PROTECTION_LEVEL_AVAILABLE ? protection_types[i] : 0;
    json_put(object, "session", json_integer((json_int_t)news->id));
    const struct copp_socket_connector *connector =
        news->connector < model->connector_count ? &model->connectors[news->connector].now.now : NULL;
    json_put(object, "connector", connector != NULL ? json_text(connector->name) : json_null());
    json_put(object, "simulated", json_boolean(connector == NULL || !connector->real));
    json_put(object, "uid", json_integer(news->uid));
    json_put(object, "user", known != NULL ? json_text(known->user) : json_null());
    json_put(object, "pid", json_integer(news->pid));
    json_put(object, "command", known != NULL && known->command[0] != '\0' ? json_text(known->command) : json_null());
    json_put(object, "state", json_string(states[news->state]));
    json_put(object, "holds", json_levels(types, levels));
    json_put(object, "undelivered", json_events(news->events));
    json_put(object, "age_ms", json_integer((json_int_t)news->age_ms));
}

static void put_refusal(json_t **object, const struct copp_socket_refused_news *news) {
    bool request = news->request[0] != '\0';
    json_put(object, "session", news->id != 0 ? json_integer((json_int_t)news->id) : json_null());
    json_put(object, "uid", json_integer(news->uid));
    json_put(object, "pid", json_integer(news->pid));
    json_put(object, "request", request ? json_string(news->request) : json_null());
    json_put(object, "answer", request ? json_string(copp_hresult_name(news->hresult)) : json_null());
    json_put(object, "cause", request ? json_null() : json_string(news->cause));
    json_put(object, "count", json_integer(news->count));
}

json_t *model_json(const struct model *model, const struct copp_socket_news *news) {
    static const char *const events[] = {[COPP_SOCKET_CONNECTOR] = "connector",
                                         [COPP_SOCKET_SESSION] = "session",
                                         [COPP_SOCKET_ENDED] = "ended",
                                         [COPP_SOCKET_REFUSED] = "refused",
                                         [COPP_SOCKET_COMPLETE] = "complete"};
    json_t *object = model_json_event(events[news->kind]);
    switch (news->kind) {
    case COPP_SOCKET_CONNECTOR:
        put_connector(&object, &news->u.connector);
        break;
    case COPP_SOCKET_SESSION:
        put_session(&object, model, &news->u.session);
        break;
    case COPP_SOCKET_ENDED:
        json_put(&object, "session", json_integer((json_int_t)news->u.ended.id));
        json_put(&object, "cause", news->u.ended.cause[0] != '\0' ? json_string(news->u.ended.cause) : json_null());
        break;
    case COPP_SOCKET_REFUSED:
        put_refusal(&object, &news->u.refused);
        break;
    case COPP_SOCKET_COMPLETE:
        break;
    }
    return object;
}
