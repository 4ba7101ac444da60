/*
 * Who is next at a connector. One command at a time may be under way there (CMD-6). A user that is refused for another one's
 * command gets a place in a line. Whoever's command then comes to nothing goes behind that line: else one user could keep an
 * output that never answers busy for ever.
 */
#ifndef COPPD_PRECEDENCE_H
#define COPPD_PRECEDENCE_H

#include "state.h"

/* Whether the client's user has to let others try first at its connector: it is refused as if their commands were under way. */
bool precedence_yields(struct client *client, uint64_t now_ms);

/* The command, as it came, was answered so; yielded: as precedence_yields has said before. */
void precedence_answered(struct client *client, const struct copp_command *command, uint32_t status, bool yielded,
                         uint64_t now_ms);

/* The client's command was under way and has come to nothing: its output failed, its time was up, or the client has gone. */
void precedence_failed(struct client *client, uint64_t now_ms);

void precedence_free(struct server *server);

#endif
