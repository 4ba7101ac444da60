/* Metrics for whoever asks over HTTP at a configured address, or reads a file. Who asks is not trusted more than a player. */
#ifndef COPPD_METRICS_HTTP_H
#define COPPD_METRICS_HTTP_H

#include "state.h"

/* Whether what is configured can be used, as far as can be told without serving it. False, with the reason. */
bool metrics_check(const struct config *config, struct error_text *error);
/* Serves it from now on, by the server's event loop. False, with the reason; end in any case. */
bool metrics_serve(struct server *server, struct error_text *error);
/* Ends all connections that ask. The listener's descriptor stays open. */
void metrics_end_all(struct server *server);

#endif
