#include "backend.h"

#include <stdio.h>
#include <string.h>

/* In the order that "auto" tries them: the simulated one, which finds outputs everywhere, last. */
static const struct backend_calls *const backends[] = {
#ifdef COPPD_XRANDR
    &backend_xrandr,
#endif
#ifdef COPPD_KMS
    &backend_kms,
#endif
    &backend_sim,
};
#define BACKENDS (sizeof backends / sizeof backends[0])

#define AUTO "auto"

bool backend_known(const char *name) {
    bool known = strcmp(name, AUTO) == 0;
    for (size_t i = 0; i < BACKENDS; i++)
        known = known || strcmp(name, backends[i]->name) == 0;
    return known;
}

void backend_names(char *text, size_t size) {
    size_t used = (size_t)snprintf(text, size, AUTO);
    for (size_t i = 0; i < BACKENDS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i + 1 < BACKENDS ? ", " : " or ", backends[i]->name);
}

bool backend_is(const char *name, const char *backend) {
    return strcmp(name, AUTO) == 0 || strcmp(name, backend) == 0;
}

bool backend_check(const char *name, const struct backend_setup *setup, struct fault *fault) {
    for (size_t i = 0; i < BACKENDS; i++) {
        if (backend_is(name, backends[i]->name) && !backends[i]->check(setup, fault))
            return false;
    }
    return true;
}

struct backend *backend_open(const char *name, const struct backend_setup *setup, struct fault *fault) {
    struct backend *backend = NULL;
    struct backend_setup own = *setup;
    if (!backend_check(name, setup, fault))
        return NULL;
    own.wait = strcmp(name, AUTO) != 0; /* who names one knows that it comes: X servers start after us */
    for (size_t i = 0; i < BACKENDS; i++) {
        bool any = !own.wait;
        if (!backend_is(name, backends[i]->name))
            continue;
        if (any && backends[i] == &backend_sim && setup->configured_driver) { /* it would vouch for what protects nothing */
            fault_set(fault, "no outputs are to be found, and the configured [driver] is not used for simulated ones: give "
                             "backend = sim in [outputs] if they are meant");
            return NULL;
        }
        enum copp_result result = backends[i]->open(&own, &backend, fault);
        if (result != COPP_E_NOT_FOUND || !any)
            return backend;
    }
    return NULL;
}

void backend_close(struct backend **backend) {
    if (!*backend)
        return;
    (*backend)->calls->close(*backend);
    *backend = NULL;
}

struct copp_connector *backend_find(struct backend *backend, const char *name, uint32_t *index) {
    const char *known;
    for (uint32_t i = 0; (known = backend->calls->name_of(backend, i)) != NULL; i++) {
        if (strcmp(known, name) != 0)
            continue;
        *index = i;
        return backend->calls->connector(backend, i);
    }
    return NULL;
}
