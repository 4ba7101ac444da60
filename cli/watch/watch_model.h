/* What is known of coppd's connectors and sessions, from the news of it; and each change in words. */
#ifndef COPP_CLI_WATCH_MODEL_H
#define COPP_CLI_WATCH_MODEL_H

#include <jansson.h>

#include "cli/table.h"
#include "copp.h"

#define MODEL_LOG 1000u /* lines that are kept */
#define MODEL_LINE 256u /* bytes of a line, with the NUL */

struct model_connector {
    struct copp_socket_connector_news now;
    char plain[COPP_CONNECTOR_NAME_SIZE]; /* its name, printable */
    char name[COPP_CONNECTOR_NAME_SIZE + 16]; /* and marked where it is simulated */
};

struct model_session {
    struct copp_socket_session_news now;
    uint64_t began_ms; /* by our clock */
    char user[33]; /* printable, as are all texts here */
    char command[33]; /* "" where the system does not say */
};

struct model_line {
    struct timespec when;
    char *text;
};

struct model {
    struct model_connector *connectors; /* by index */
    size_t connector_count;
    struct model_session **sessions; /* by id */
    size_t session_count;
    bool complete; /* how things were has been told: from here on there are changes */
    struct model_line log[MODEL_LOG]; /* a ring */
    uint64_t lines; /* that there ever were */
    bool failed; /* memory ran out */
};

void model_free(struct model *model);
/* Nothing is known any more; the log stays. */
void model_forget(struct model *model);

/* What has changed is put into the log, but not how things were in the beginning. */
void model_take(struct model *model, const struct copp_socket_news *news, uint64_t now_ms);
/* NULL: none is known of that id. */
struct model_session *model_session(const struct model *model, uint64_t id);
/* A line for the log. */
void model_say(struct model *model, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line that is still kept, by its number from 0; NULL: it is not. */
const struct model_line *model_line(const struct model *model, uint64_t number);
/* "12:03:04" */
void model_clock(const struct timespec *when, char text[9]);

/* As tables, with a line of heads. Free them. */
void model_connectors(const struct model *model, struct table *table);
void model_sessions(const struct model *model, uint64_t now_ms, struct table *table);

/* A piece of news that the model has taken, as an object; NULL without memory. */
json_t *model_json(const struct model *model, const struct copp_socket_news *news);
/* An object of an event of our own. */
json_t *model_json_event(const char *event);

#endif
