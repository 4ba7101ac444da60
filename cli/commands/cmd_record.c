/* copp record: what goes by between coppd and its players, in a file for copp decode and Wireshark. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/adapter.h"
#include "cli/commands.h"
#include "cli/io_system.h"
#include "cli/remote_socket.h"
#include "cli/report.h"
#include "cli/signals_posix.h"
#include "common/recording.h"
#include "common/transfer.h"

struct record_options {
    struct adapter_options device;
    bool all;
};

static const struct option_spec options[] = {
    {.name = "all",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct record_options, all),
     .help = "every user's sessions; only root may (default:\n"
             "those of the user that runs this)"},
    {.name = "device",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct record_options, device) + offsetof(struct adapter_options, device),
     .argument = "unix:PATH",
     .words = "unix:",
     .help = "coppd's socket (default: $COPP_DEVICE, else\n" COPP_SOCKET_DEFAULT ")"},
    {.name = NULL},
};

struct record {
    const struct invocation *in;
    struct adapter adapter;
    struct copp_socket *connection; /* as long as it is open, coppd records */
    const char *name;
    int file;
    int from; /* what coppd writes to us */
    int signals; /* what ends us */
    uint64_t packets;
    uint64_t bytes;
    uint8_t block[RECORDING_BLOCK_MAX];
};

static int say_begin(const struct record *r) {
    const struct record_options *o = r->in->options;
    if (r->in->json)
        return print_json_line(json_pack("{ss so sb}", "event", "recording", "file", json_text(r->name), "all", o->all));
    say("%s: recording %s sessions until this is ended", r->name, o->all ? "every user's" : "this user's");
    return fflush(stdout) == 0 ? STATUS_YES : STATUS_UNKNOWN;
}

static int say_end(const struct record *r) {
    if (r->in->json)
        return print_json_line(json_pack("{ss so sI sI}", "event", "ended", "file", json_text(r->name), "packets",
                                         (json_int_t)r->packets, "bytes", (json_int_t)r->bytes));
    say("%s: %llu packets, %llu bytes", r->name, (unsigned long long)r->packets, (unsigned long long)r->bytes);
    return STATUS_YES;
}

/* The file is made once coppd has agreed: one that could not be used would have to be removed by hand. */
static int begin(struct record *r) {
    const struct record_options *o = r->in->options;
    enum copp_result result = remote_socket_connect(&r->adapter, &r->connection);
    if (result == COPP_OK)
        result = copp_socket_record(r->connection, o->all ? COPP_SOCKET_RECORD_ALL : 0, &r->from);
    if (result == COPP_E_UNSUPPORTED)
        return fail(r->in, STATUS_UNKNOWN, r->adapter.path, "update coppd and restart it: this one cannot record");
    if (result == COPP_E_REFUSED)
        return fail(r->in, STATUS_UNKNOWN, r->adapter.path, "only root may record other users' sessions");
    if (result != COPP_OK)
        return remote_socket_fail(r->in, &r->adapter, r->connection, result);
    r->file = system_create(r->name);
    if (r->file < 0 && errno == EEXIST)
        return fail(r->in, STATUS_UNKNOWN, r->name, "exists already: name a file that does not");
    return r->file >= 0 ? say_begin(r) : fail_to_write(r->in, r->name, "cannot be created", errno);
}

/* What coppd has written so far. */
static int take_packets(struct record *r) {
    for (;;) {
        ssize_t got = recv(r->from, r->block, sizeof r->block, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return STATUS_YES;
        if (got <= 0)
            return fail(r->in, STATUS_UNKNOWN, r->adapter.path, "coppd has ended, or no longer records");
        if (!write_all(r->file, r->block, (size_t)got))
            return fail_to_write(r->in, r->name, "cannot be written any more", errno);
        r->packets++;
        r->bytes += (uint64_t)got;
    }
}

static int stay(struct record *r) {
    for (;;) {
        struct pollfd fds[] = {{.fd = r->from, .events = POLLIN}, {.fd = r->signals, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            return fail_result(r->in, NULL, COPP_E_IO);
        int status = take_packets(r);
        if (status != STATUS_YES)
            return status;
        if (fds[1].revents != 0)
            return say_end(r);
    }
}

static int run_with(struct record *r) {
    const struct record_options *o = r->in->options;
    int status = adapter_find(r->in, &o->device, false, &r->adapter);
    if (status == STATUS_YES && r->adapter.path == NULL)
        status = fail(r->in, STATUS_UNKNOWN, "embedded", "coppd's sessions are recorded: give --device unix:PATH");
    if (status == STATUS_YES)
        status = begin(r);
    if (status == STATUS_YES)
        status = stay(r);
    if (r->file >= 0 && close(r->file) != 0 && status == STATUS_YES)
        status = fail_to_write(r->in, r->name, "cannot be written to its end", errno);
    copp_socket_close(&r->connection);
    if (r->from >= 0)
        close(r->from);
    adapter_close(&r->adapter);
    return status;
}

static int run(const struct invocation *in) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    struct record *r = calloc(1, sizeof *r);
    if (r == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    r->in = in;
    r->name = in->operands[0];
    r->file = r->from = -1;
    r->signals = signal_fd(ending, 4);
    int status = r->signals < 0 ? fail(in, STATUS_UNKNOWN, NULL, "cannot handle signals: %s", strerror(errno)) : run_with(r);
    if (r->signals >= 0)
        close(r->signals);
    free(r);
    return status;
}

const struct command command_record = {
    .name = "record",
    .operands = "FILE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "Record the sessions that coppd serves, in a new file",
    .details = "FILE is for copp decode and Wireshark. It holds no keys, but it may name displays. Messages that\n"
               "come faster than they can be written are left out, and FILE says how many.",
    .options = options,
    .options_size = sizeof(struct record_options),
    .json_lines = true,
    .run = run,
};
