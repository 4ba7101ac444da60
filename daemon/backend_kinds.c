#include "backend_kinds.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "files.h"
#ifdef COPPD_KMS
#include "outputs/kms/kms.h"
#endif
#include "outputs/sim/sim_backend.h"
#ifdef COPPD_XRANDR
#include "outputs/xrandr/xrandr.h"

#include <xcb/xcb.h>
#endif

#define DESCRIPTION_MAX 65536u

void backend_not_opened(const char *name, enum copp_result result, struct error_text *error) {
    (void)error_set(error, "cannot open the %s outputs: %s; see docs/outputs.md", name, copp_strerror(result));
}

const char *backend_display(const struct config *config) {
    const char *environment = getenv("DISPLAY");
    if (config->display[0])
        return config->display;
    return environment ? environment : "";
}

#ifdef COPPD_KMS
static const char *text_or_null(const char *text) {
    return text[0] ? text : NULL;
}
#endif

#ifdef COPPD_XRANDR
/* --- those of an X server --- */

static bool check_display(const char *display, struct error_text *error) {
    char *host = NULL;
    int number;
    if (!display[0]) /* and the environment of a process does not change: it would be waited for for ever */
        return error_set(
            error, "[outputs] display: no X server is named here or by DISPLAY in the environment: give one like display = :0");
    bool good = xcb_parse_display(display, &host, &number, NULL) != 0;
    free(host);
    return good || error_set(error, "[outputs] display: \"%s\" is not an X server: give one like :0", display);
}

/* Words such as "HDMI-A-0=card0-HDMI-A-1". */
static bool check_connectors(const char *words, struct error_text *error) {
    static const char blank[] = " \t,";
    while (*(words += strspn(words, blank))) {
        size_t length = strcspn(words, blank);
        size_t output = strcspn(words, "=");
        bool card = output > 0 && strncmp(words + output, "=card", 5) == 0;
        size_t digits = card ? strspn(words + output + 5, "0123456789") : 0;
        size_t name = output + 5 + digits + 1; /* where it begins */
        if (!digits || words[name - 1] != '-' || name >= length)
            return error_set(error, "[outputs] connectors: \"%.*s\" must look like HDMI-A-0=card0-HDMI-A-1", (int)length, words);
        words += length;
    }
    return true;
}

static bool check_xrandr(const struct config *config, struct error_text *error) {
    return check_display(backend_display(config), error) && check_connectors(config->connectors, error);
}

static void plan_xrandr(const struct config *config, char *text, size_t size) {
    (void)snprintf(text, size, "the outputs are those of the X server at %s, which may start later", backend_display(config));
}

static enum copp_result open_xrandr(const struct config *config, bool wait, struct copp_backend_log *log,
                                    struct copp_backend **backend, struct error_text *error) {
    const struct copp_xrandr_config xrandr = {.display = backend_display(config),
                                              .connectors = text_or_null(config->connectors),
                                              .trust_server = config->trust_server == 1,
                                              .notes = config->runtime_directory,
                                              .wait = wait,
                                              .log = log};
    *backend = NULL;
    enum copp_result result = xrandr.display[0] ? copp_xrandr_open(&xrandr, backend) : COPP_E_NOT_FOUND;
    if (result)
        backend_not_opened("xrandr", result, error);
    return result;
}
#endif

#ifdef COPPD_KMS
/* --- the kernel's own --- */

/* One that is not there may come. */
static bool check_kms(const struct config *config, struct error_text *error) {
    struct stat status;
    bool there = config->device[0] && stat(config->device, &status) == 0;
    return !there || S_ISCHR(status.st_mode) ||
           error_set(error, "%s: is not a device: give a graphics card, such as /dev/dri/card0", config->device);
}

static void plan_kms(const struct config *config, char *text, size_t size) {
    (void)snprintf(text, size, "the outputs are those of %s, which may appear later",
                   config->device[0] ? config->device : "graphics cards");
}

static enum copp_result open_kms(const struct config *config, bool wait, struct copp_backend_log *log,
                                 struct copp_backend **backend, struct error_text *error) {
    const struct copp_kms_config kms = {.device = text_or_null(config->device),
                                        .type1 = config->hdcp_type == 1,
                                        .notes = config->runtime_directory,
                                        .wait = wait,
                                        .log = log};
    enum copp_result result = copp_kms_open(&kms, backend);
    if (result)
        backend_not_opened("kms", result, error);
    return result;
}
#endif

/* --- simulated ones (docs/simulator.md), and a FIFO that tells what happens to them --- */

/* Open for writing too: it does not end when a writer does. *fd is -1 without one. */
static bool open_events(const char *name, int *fd, struct error_text *error) {
    struct stat status;
    *fd = -1;
    if (!name[0])
        return true;
    *fd = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return errno == ENOENT ? error_set(error, "%s: cannot be opened: %s; create it with mkfifo", name, strerror(errno))
                               : error_set(error, "%s: cannot be opened: %s", name, strerror(errno));
    if (fstat(*fd, &status) == 0 && S_ISFIFO(status.st_mode))
        return true;
    (void)close(*fd);
    *fd = -1;
    return error_set(error, "%s: is not a FIFO: create one with mkfifo", name);
}

static bool make_sim(const char *description, struct copp_sim **sim, struct error_text *error) {
    char *text = NULL;
    size_t size = 0;
    struct copp_sim_error sim_error;
    if (description[0] && !file_read(description, DESCRIPTION_MAX, &text, &size, error))
        return false;
    if (text && strlen(text) != size) {
        free(text);
        return error_set(error, "%s: holds a NUL character: give a text file", description);
    }
    const struct copp_sim_config config = {
        .size = sizeof config, .description = text, .now_ms = clock_ms(), .outputs_only = true};
    enum copp_result result = copp_sim_new(&config, sim, &sim_error);
    free(text);
    if (result == COPP_E_INVALID && sim_error.line == 0) /* of the whole */
        return error_set(error, "%s: %s", description, sim_error.text);
    if (result == COPP_E_INVALID)
        return fault_add(fault_in_file(error, description, sim_error.line), "%s", sim_error.text);
    return !result || error_set(error, "cannot create the simulated adapter: %s", copp_strerror(result));
}

static enum copp_result open_sim(const struct config *config, bool wait, struct copp_backend_log *log,
                                 struct copp_backend **backend, struct error_text *error) {
    struct copp_sim *sim = NULL;
    int events_fd;
    (void)wait;
    *backend = NULL;
    if (!open_events(config->events, &events_fd, error))
        return COPP_E_INVALID;
    if (!make_sim(config->description, &sim, error)) {
        if (events_fd >= 0)
            (void)close(events_fd);
        return COPP_E_INVALID;
    }
    enum copp_result result = copp_sim_backend_open(&sim, events_fd, log, backend);
    if (result)
        backend_not_opened("sim", result, error);
    return result;
}

/* It touches nothing: it is made, and forgotten. */
static bool check_sim(const struct config *config, struct error_text *error) {
    struct copp_backend *backend;
    if (open_sim(config, false, NULL, &backend, error))
        return false;
    copp_backend_close(&backend);
    return true;
}

static void plan_sim(const struct config *config, char *text, size_t size) {
    (void)config;
    (void)snprintf(text, size, "the outputs are simulated: they protect nothing");
}

const struct backend_kind backend_kinds[] = {
#ifdef COPPD_XRANDR
    {.name = "xrandr", .real = true, .awaited = true, .check = check_xrandr, .plan = plan_xrandr, .open = open_xrandr},
#endif
#ifdef COPPD_KMS
    {.name = "kms", .real = true, .check = check_kms, .plan = plan_kms, .open = open_kms},
#endif
    {.name = "sim", .check = check_sim, .plan = plan_sim, .open = open_sim},
};
const size_t backend_kind_count = sizeof backend_kinds / sizeof backend_kinds[0];
static_assert(sizeof backend_kinds / sizeof backend_kinds[0] <= BACKEND_KINDS_MAX, "auto has a place for each");
