#include "remote_socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "wait.h"

#define UNIX_PREFIX "unix:"
#define OUTPUTS_MAX 1024u /* a daemon that goes on telling names is not one */

const char remote_kinds[] = "unix:PATH";
const char remote_no_outputs[] = "coppd says in its log what it waits for (journalctl -u coppd)";
static const char denied[] = "run copp as a user that may write to this socket and pass through its directory, or as root";
const enum copp_binding_demand remote_binding = COPP_BINDING_REQUIRED;

const char *remote_missing_anchor(const char *name) {
    bool missing = access(name, F_OK) != 0 && errno == ENOENT;
    return missing ? "start coppd (systemctl start coppd), which makes its test hierarchy and this anchor before it first "
                     "listens, or name one that exists with --anchor or COPP_ANCHOR"
                   : NULL;
}

bool remote_find(const char *name, const char **path) {
    *path = name + strlen(UNIX_PREFIX);
    return strncmp(name, UNIX_PREFIX, strlen(UNIX_PREFIX)) == 0 && **path != '\0';
}

const char *remote_default(void) {
    return COPP_SOCKET_DEFAULT;
}

static bool takes_embedded(const struct invocation *in) {
    for (const struct option_spec *option = in->command->options; option->name != NULL; option++) {
        if (strcmp(option->name, "device") == 0)
            return strstr(option->argument, "embedded") != NULL;
    }
    return false;
}

int remote_socket_fail(const struct invocation *in, const struct adapter *adapter, const struct copp_socket *connection,
                       enum copp_result result) {
    const char *disconnect = copp_socket_disconnect_reason(connection);
    if (disconnect[0] != '\0')
        return fail(in, STATUS_UNKNOWN, adapter->path, "%s", disconnect);
    if (result == COPP_E_NOT_FOUND)
        return fail(in, STATUS_UNKNOWN, adapter->path,
                    "no coppd listens there: start it (systemctl start coppd.socket, or coppd --config FILE)%s",
                    takes_embedded(in) ? "; --device embedded is a simulated adapter, which protects nothing" : "");
    if (result == COPP_E_TOO_LARGE && connection == NULL)
        return fail(in, STATUS_UNKNOWN, adapter->path, "a socket's path has at most 107 bytes: name a shorter one");
    if (result == COPP_E_TRANSPORT && connection == NULL)
        return fail_with(in, STATUS_UNKNOWN, adapter->path, errno == EACCES ? denied : "", "cannot be connected to: %s",
                         strerror(errno));
    if (result == COPP_E_TRANSPORT)
        return fail(in, STATUS_UNKNOWN, adapter->path, "coppd does not answer");
    return fail_result(in, adapter->path, result);
}

static enum copp_result connect_for(const struct adapter *adapter, enum copp_semantics semantics,
                                    struct copp_socket **connection) {
    const struct copp_socket_config config = {.size = sizeof config,
                                              .path = adapter->path,
                                              .give_up_fd = adapter->wake_fd >= 0 ? &adapter->wake_fd : NULL,
                                              .semantics = semantics};
    return copp_socket_connect(&config, connection);
}

enum copp_result remote_socket_connect(const struct adapter *adapter, struct copp_socket **connection) {
    return connect_for(adapter, COPP_SEMANTICS_COPP, connection);
}

/* Nobody waits for more of it (adapter_wake_by). */
static bool woken(const struct adapter *adapter) {
    bool ready = false;
    wait_readable(&adapter->wake_fd, &ready, 1, 0);
    return ready;
}

static void describe(const struct copp_socket_connector *told, struct output *output) {
    *output = (struct output){.real = told->real, .plugged = told->plugged};
    memcpy(output->name, told->name, sizeof output->name);
    memcpy(output->display, told->display, sizeof output->display);
}

int remote_outputs(const struct invocation *in, struct adapter *adapter) {
    struct copp_socket *connection = NULL;
    struct copp_socket_connector told = {.size = sizeof told};
    enum copp_result result = remote_socket_connect(adapter, &connection);
    while (result == COPP_OK && adapter->count < OUTPUTS_MAX) {
        result = copp_socket_connector(connection, (uint32_t)adapter->count, &told);
        struct output output;
        describe(&told, &output);
        if (result == COPP_OK && !adapter_add_output(adapter, &output))
            result = COPP_E_MEMORY;
        if (result == COPP_OK && woken(adapter))
            result = COPP_E_TRANSPORT; /* each answer comes in time, and all of them may not */
    }
    bool all = connection != NULL && (result == COPP_OK || result == COPP_E_NOT_FOUND);
    int status = all ? STATUS_YES : remote_socket_fail(in, adapter, connection, result);
    copp_socket_close(&connection);
    return status;
}

int remote_follow(const struct invocation *in, const struct adapter *adapter, struct copp_socket **news) {
    enum copp_result result = remote_socket_connect(adapter, news);
    if (result == COPP_OK)
        result = copp_socket_watch(*news);
    if (result == COPP_OK)
        return STATUS_YES;
    int status = result == COPP_E_UNSUPPORTED ? fail(in, STATUS_UNKNOWN, adapter->path,
                                                     "this coppd does not report changes of outputs: update it and restart it")
                                              : remote_socket_fail(in, adapter, *news, result);
    copp_socket_close(news);
    return status;
}

int remote_news_fd(const struct copp_socket *news) {
    return copp_socket_fd(news);
}

enum adapter_news remote_next_output(struct copp_socket *connection, struct output *output) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result = copp_socket_news(connection, &news);
    if (result == COPP_E_PENDING)
        return ADAPTER_NO_NEWS;
    if (result != COPP_OK)
        return ADAPTER_NEWS_ENDED;
    if (news.kind != COPP_SOCKET_CONNECTOR)
        return ADAPTER_OTHER_NEWS;
    describe(&news.u.connector.now, output);
    return ADAPTER_OUTPUT;
}

void remote_unfollow(struct copp_socket **news) {
    copp_socket_close(news);
}

static enum copp_result open_as(const struct adapter *adapter, const char *output, enum copp_semantics semantics,
                                struct copp_socket **connection, struct copp_transport **transport) {
    enum copp_result result = connect_for(adapter, semantics, connection);
    return result == COPP_OK ? copp_socket_transport_open(connection, output, transport) : result;
}

enum copp_result remote_socket_try(const struct adapter *adapter, const char *output, enum copp_semantics semantics) {
    struct copp_socket *connection = NULL;
    struct copp_transport *transport = NULL;
    enum copp_result result = open_as(adapter, output, semantics, &connection, &transport);
    copp_transport_free(&transport);
    copp_socket_close(&connection);
    return result;
}

/* OPM's requests are authenticated, COPP's are not: COPP is what is left where OPM is not served and either will do (OPM-OUT-4). */
static enum copp_result open_device(const struct adapter *adapter, const char *output, struct copp_socket **connection,
                                    struct copp_transport **transport) {
    bool opm = adapter->semantics != COPP_SEMANTICS_COPP;
    enum copp_result result = open_as(adapter, output, opm ? COPP_SEMANTICS_OPM : COPP_SEMANTICS_COPP, connection, transport);
    if (result != COPP_E_UNSUPPORTED || adapter->semantics != COPP_SEMANTICS_NONE)
        return result;
    copp_socket_close(connection);
    return open_as(adapter, output, COPP_SEMANTICS_COPP, connection, transport);
}

bool remote_refuses(struct adapter *adapter, const char *output) {
    struct copp_socket *connection = NULL;
    struct copp_transport *transport = NULL;
    enum copp_result result = open_device(adapter, output, &connection, &transport);
    copp_transport_free(&transport);
    copp_socket_close(&connection);
    return result == COPP_E_UNSUPPORTED_MODE;
}

int remote_open(const struct invocation *in, struct adapter *adapter, const char *output, struct copp_transport **transport) {
    struct copp_socket *connection = NULL;
    int status = STATUS_YES;
    enum copp_result result = open_device(adapter, output, &connection, transport);
    bool connected = connection != NULL;
    if (connected && result == COPP_E_NOT_FOUND)
        status = fail(in, STATUS_UNKNOWN, output, "is not an output of this adapter (see copp status)");
    else if (connected && result == COPP_E_UNSUPPORTED && adapter->semantics == COPP_SEMANTICS_OPM)
        status =
            fail(in, STATUS_UNKNOWN, adapter->path,
                 "this coppd has no chain and key for OPM (OPM-OUT-4): see opm_chain in coppd.conf(5), or use --semantics copp");
    else if (result == COPP_E_REFUSED || result == COPP_E_UNSUPPORTED_MODE)
        status = fail_session(in, output, "session", result, NULL);
    else if (result != COPP_OK)
        status = remote_socket_fail(in, adapter, connection, result);
    copp_socket_close(&connection);
    return status;
}

void remote_explain_anchor(const struct adapter *adapter) {
    complain("%s: name the anchor of coppd's chain with --anchor or COPP_ANCHOR; for its own test hierarchy that is, in its "
             "state directory, test-driver-opm/anchor.der for OPM, and test-driver/anchor.b64 for COPP",
             adapter->path);
}
