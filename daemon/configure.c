#include "configure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "config.h"
#include "files.h"
#include "listen.h"
#include "log.h"

bool server_configure(const struct server *server, struct config *config, struct error_text *error) {
    if (!config_load(server->config_name, config, error))
        return false;
    if (!server->socket)
        return true;
    if (!server->socket[0])
        return error_set(error, "--socket takes a path, not \"\": give one like " COPP_SOCKET_DEFAULT);
    if (strlen(server->socket) >= sizeof config->socket)
        return error_set(error, "--socket takes a path of at most %zu bytes", sizeof config->socket - 1);
    strcpy(config->socket, server->socket);
    return true;
}

/* Unlike a start it takes no chain that nobody will believe: the one in use is better. Nor does it wait: players do (APP-3). */
static bool open_identity(const struct config *next, struct identity **identity, struct error_text *error) {
    return identity_is_ready(next, error) && identity_open(next, false, identity, error) && identity_check(*identity, error);
}

/* The old one lives on with the devices that were opened with it. */
static bool take_identity(struct server *server, struct identity **identity, struct error_text *error) {
    struct identity *next = *identity;
    struct copp_adapter_config config = {.size = sizeof config};
    identity_configure(next, &config);
    enum copp_result result = copp_outputs_renew(server->outputs, &config);
    if (result)
        return error_set(error, "%s: %s", next->copp.name, copp_strerror(result));
    *identity = server->identity;
    server->identity = next;
    return true;
}

static bool renew(struct server *server, const struct config *next) {
    struct error_text error;
    struct identity *identity = NULL;
    bool good = open_identity(next, &identity, &error) && take_identity(server, &identity, &error);
    identity_release(&identity);
    if (good) {
        log_info("new sessions use the chain and key just read: %s; digest of its leaf: %s%s%s", server->identity->copp.name,
                 server->identity->copp.leaf, server->identity->opm.name[0] ? "; under OPM " : "", server->identity->opm.name);
    } else {
        log_error("%s; chain and key stay as they were: correct this, and reload again", error.text);
    }
    return good;
}

static const char *going_on(const struct server *server, char *text, size_t size) {
    bool one = server->client_count == 1;
    (void)snprintf(text, size, "%zu %s", server->client_count, one ? "session continues" : "sessions continue");
    return text;
}

static bool reload(struct server *server) {
    struct config next;
    struct error_text error;
    char text[64];
    const char *name = server->config_name ? server->config_name : CONFIG_DEFAULT_FILE;
    if (!file_is_ready(name, &error) || !server_configure(server, &next, &error)) {
        log_error("%s; the old configuration stays in force", error.text);
        return false;
    }
    /* a test hierarchy stays: whether there is a [driver] at all is a matter of the outputs, too */
    bool renewed = !config_has_driver(&server->config) || !config_has_driver(&next) || renew(server, &next);
    if (config_take_over(&server->config, &next))
        log_info("configuration reloaded; %s", going_on(server, text, sizeof text));
    else
        log_warning("configuration reloaded; %s; only limits, chain and key take effect without a restart",
                    going_on(server, text, sizeof text));
    return renewed;
}

void server_reload(struct server *server) {
    struct sockaddr_un address;
    (void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_ns() / 1000u);
    bool good = reload(server);
    server->metrics.reloads[good ? RELOAD_DONE : RELOAD_FAILED]++;
    listen_path(server->listen_fd, &address);
    (void)sd_notifyf(0, "READY=1\nSTATUS=Listening at %s%s", address.sun_path, good ? "" : "; the last reload failed");
}
