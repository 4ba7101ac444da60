#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

static const struct backend_ops *const backends[] = {
    &backend_auto,
#ifdef COPPD_XRANDR
    &backend_xrandr,
#endif
#ifdef COPPD_KMS
    &backend_kms,
#endif
    &backend_sim,
};
#define BACKENDS (sizeof backends / sizeof backends[0])

static const struct backend_ops *find(const char *name) {
    for (size_t i = 0; i < BACKENDS; i++) {
        if (strcmp(name, backends[i]->name) == 0)
            return backends[i];
    }
    return NULL;
}

bool backend_known(const char *name) {
    return find(name) != NULL;
}

void backend_names(char *text, size_t size) {
    size_t used = 0;
    for (size_t i = 0; i < BACKENDS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i == 0             ? ""
                                 : i + 1 < BACKENDS ? ", "
                                                    : " or ",
                                 backends[i]->name);
}

/* Real ones may not be in this build, but have settings all the same. */
bool backend_is(const char *name, const char *backend) {
    bool simulated = strcmp(backend, backend_sim.name) == 0;
    return strcmp(name, backend) == 0 || (strcmp(name, backend_auto.name) == 0 && !simulated);
}

const char *backend_display(const struct backend_setup *setup) {
    const char *environment = getenv("DISPLAY");
    if (setup->display[0])
        return setup->display;
    return environment ? environment : "";
}

bool backend_check(const char *name, const struct backend_setup *setup, struct error_text *error) {
    return find(name)->check(setup, error);
}

void backend_plan(const char *name, const struct backend_setup *setup, char *text, size_t size) {
    find(name)->plan(setup, text, size);
}

struct backend *backend_open(const char *name, const struct backend_setup *setup, struct error_text *error) {
    struct backend *backend = NULL;
    struct backend_setup own = *setup;
    char text[256];
    own.wait = true; /* who names one knows that it comes: X servers start after us */
    if (!backend_check(name, &own, error) || find(name)->open(&own, &backend, error))
        return NULL;
    backend_plan(name, &own, text, sizeof text);
    if (!backend->ops->real)
        log_warning("the outputs are simulated: they protect nothing");
    else if (!backend->ops->name_of(backend, 0))
        log_warning("there are no outputs yet: %s", text);
    return backend;
}

void backend_close(struct backend **backend) {
    if (!*backend)
        return;
    (*backend)->ops->close(*backend);
    *backend = NULL;
}

void backend_look(struct backend *backend, size_t index, struct copp_socket_connector *told) {
    struct copp_connector *connector = backend->ops->connector(backend, index);
    struct copp_connector_view view = {.size = sizeof view};
    struct copp_protection now = {.size = sizeof now};
    copp_connector_inspect(connector, &view);
    copp_connector_protection(connector, &now);
    *told = (struct copp_socket_connector){.size = sizeof(struct copp_socket_connector),
                                           .real = backend->ops->real,
                                           .plugged = backend->ops->plugged(backend, index),
                                           .connector_type = view.connector_type,
                                           .protection_types = view.protection_types,
                                           .hdcp = now.hdcp,
                                           .acp = now.acp,
                                           .cgmsa = now.cgmsa,
                                           .devices = (uint32_t)copp_connector_devices(connector)};
    (void)strncpy(told->name, backend->ops->name_of(backend, index), sizeof told->name - 1);
}

struct copp_connector *backend_find(struct backend *backend, const char *name, uint32_t *index) {
    struct copp_connector *other = backend->ops->named(backend, name);
    const char *known;
    for (uint32_t i = 0; (known = backend->ops->name_of(backend, i)) != NULL; i++) {
        struct copp_connector *connector = backend->ops->connector(backend, i);
        if (strcmp(known, name) != 0 && connector != other)
            continue;
        *index = i;
        return connector;
    }
    return NULL;
}
