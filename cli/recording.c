#include "recording.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io.h"
#include "io_system.h"
#include "report.h"

/* The program's files: recordings are made one at a time. */
static struct recording_options names;

/* The sessions go on: what protects content does not end for want of disk space. */
static void tell_failure(void *context, bool keys, int error) {
    (void)context;
    complain("%s: can no longer be written: %s; what follows is not in it", keys ? names.secrets : names.record, strerror(error));
}

static int fail_to_create(const struct invocation *in, const char *name, int error) {
    if (error == EEXIST)
        return fail(in, STATUS_UNKNOWN, name, "exists already: name a file that does not");
    return fail_to_write(in, name, "cannot be created", error);
}

#ifdef SIGXFSZ
static void on_limit(int number) {
    (void)number;
}
#endif

/* A file that may not grow is as a full disk. With a handler, since what is ignored stays ignored in a command that copp protect runs. */
static void survive_limit(void) {
#ifdef SIGXFSZ
    const struct sigaction action = {.sa_handler = on_limit, .sa_flags = SA_RESTART};
    (void)sigaction(SIGXFSZ, &action, NULL);
#endif
}

static int open_files(const struct invocation *in, struct recorder_config *config) {
    survive_limit();
    config->fd = system_create(names.record);
    if (config->fd < 0)
        return fail_to_create(in, names.record, errno);
    if (names.secrets == NULL)
        return STATUS_YES;
    config->key_fd = system_create(names.secrets);
    return config->key_fd >= 0 ? STATUS_YES : fail_to_create(in, names.secrets, errno);
}

int recording_open(const struct invocation *in, const struct recording_options *options, bool simulated,
                   struct recorder **recorder) {
    char application[64];
    *recorder = NULL;
    if (options->record == NULL && options->secrets != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--record-secrets needs --record: keys alone explain nothing");
    if (options->record == NULL)
        return STATUS_YES;
    (void)snprintf(application, sizeof application, "copp %s", copp_version());
    struct recorder_config config = {.fd = -1,
                                     .key_fd = -1,
                                     .application = application,
                                     .simulated = simulated,
                                     .random = random_bytes,
                                     .failed = tell_failure};
    names = *options;
    int status = open_files(in, &config);
    if (status == STATUS_YES && (*recorder = recorder_new(&config)) == NULL)
        status = fail_result(in, NULL, COPP_E_MEMORY);
    if (status != STATUS_YES && config.fd >= 0) {
        close(config.fd);
        system_remove(names.record);
    }
    if (status != STATUS_YES && config.key_fd >= 0)
        close(config.key_fd);
    return status;
}

enum copp_result recording_wrap(struct recorder *recorder, const char *connector, struct copp_transport **transport,
                                struct copp_random **random) {
    return recorder != NULL ? recorder_wrap(recorder, connector, transport, random) : COPP_OK;
}
