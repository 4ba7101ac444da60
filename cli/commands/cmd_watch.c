/* copp watch: what coppd's connectors and sessions do, on the whole terminal or as lines. */
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/printable.h"
#include "cli/report.h"
#include "cli/signals_posix.h"
#include "cli/watch/watch_model.h"
#include "cli/watch/watch_screen.h"
#include "cli/watch/watch_source.h"

#define ONCE_MS 5000u /* for how things are to be told */
#define BACKGROUND_MS 100 /* how long a signal that ends it may come behind the one that continues it */
#define CLOCK_MS 1000u /* how often ages are shown anew */
#define ROUND 256 /* pieces of news before keys and signals are looked at again */

struct watch_options {
    bool plain;
    bool once;
    struct adapter_options device;
};

static const struct option_spec options[] = {
    {.name = "plain", .kind = OPTION_FLAG, .offset = offsetof(struct watch_options, plain), .help = "lines, also on a terminal"},
    {.name = "once",
     .kind = OPTION_FLAG,
     .offset = offsetof(struct watch_options, once),
     .help = "print the present state, and exit"},
    DEVICE_OPTION(struct watch_options),
    {.name = "adapter",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct watch_options, device.adapter),
     .argument = "FILE",
     .help = "the description of the simulated adapter"},
    {.name = "events",
     .kind = OPTION_TEXT,
     .offset = offsetof(struct watch_options, device.events),
     .argument = "FILE",
     .help = "events while it runs: lines such as\n"
             "\"+2 unplug HDMI-1\"; \"-\" is standard input"},
    {.name = NULL},
};

struct watcher {
    const struct invocation *in;
    bool once;
    struct source source;
    struct model model;
    struct screen *screen; /* NULL: lines */
    char name[160]; /* of what is watched, printable */
    uint64_t printed; /* lines of the log */
    uint64_t deadline_ms; /* --once: when to give up */
    int signals; /* of what ends this program; -1: none */
    int resizes;
    int stops; /* -1: lines, which stop by themselves */
    bool over;
    int status; /* once over */
};

static void end_with(struct watcher *w, int status) {
    w->over = true;
    w->status = status;
}

/* The lines that have come to the log since. */
static void print_lines(struct watcher *w) {
    for (; w->printed < w->model.lines; w->printed++) {
        const struct model_line *line = model_line(&w->model, w->printed);
        char clock[9];
        if (line == NULL)
            continue;
        model_clock(&line->when, clock);
        printf("%s %s\n", clock, line->text);
    }
    fflush(stdout); /* a reader follows along */
}

static void print_tables(struct watcher *w) {
    struct table connectors;
    struct table sessions;
    print_lines(w); /* what was said before */
    model_connectors(&w->model, &connectors);
    model_sessions(&w->model, source_now(&w->source), &sessions);
    bool good = table_print(&connectors);
    if (good && w->model.session_count > 0)
        good = putchar('\n') != EOF && table_print(&sessions);
    w->model.failed = w->model.failed || !good;
    fflush(stdout);
    table_free(&connectors);
    table_free(&sessions);
}

static void on_news(struct watcher *w, const struct copp_socket_news *news) {
    bool complete = news->kind == COPP_SOCKET_COMPLETE;
    model_take(&w->model, news, source_now(&w->source));
    if (w->in->json)
        (void)print_json_line(model_json(&w->model, news));
    else if (w->screen == NULL && complete)
        print_tables(w);
    if (complete && w->once)
        end_with(w, STATUS_YES);
}

static void on_lost(struct watcher *w) {
    const char *reason = w->source.reason;
    model_forget(&w->model);
    model_say(&w->model, "the connection to coppd is lost%s%s; changes are not seen now; trying again each second",
              reason[0] != '\0' ? ": " : "", reason);
    if (w->once)
        end_with(w, fail(w->in, STATUS_UNKNOWN, w->name, "the connection to coppd is lost%s%s", reason[0] != '\0' ? ": " : "",
                         reason));
    else if (w->in->json)
        (void)print_json_line(model_json_event("lost"));
}

static void on_back(struct watcher *w) {
    uint64_t gap = source_now(&w->source) - w->source.lost_ms;
    model_say(&w->model, "connected to coppd again after %llu.%llu s; what happened meanwhile is not known",
              (unsigned long long)(gap / 1000), (unsigned long long)(gap / 100 % 10));
    if (!w->in->json)
        return;
    json_t *event = model_json_event("back");
    json_put(&event, "gap_ms", json_integer((json_int_t)gap));
    (void)print_json_line(event);
}

/* False: nothing more at present. */
static bool take_one(struct watcher *w) {
    struct copp_socket_news news = {.size = sizeof news};
    switch (source_next(&w->source, &news)) {
    case SOURCE_NEWS:
        on_news(w, &news);
        return true;
    case SOURCE_LOST:
        on_lost(w);
        return true;
    case SOURCE_BACK:
        on_back(w);
        return true;
    case SOURCE_ENDED:
        if (w->screen == NULL)
            end_with(w, events_failed(w->source.device.host.events) ? STATUS_UNKNOWN : STATUS_YES);
        return false;
    default:
        return false;
    }
}

static void draw(struct watcher *w) {
    bool connected = w->source.device.path == NULL || w->source.connection != NULL;
    const char *reason = connected ? "" : w->source.reason;
    char state[256] = "";
    if (!connected)
        snprintf(state, sizeof state, "(not connected%s%s: trying again)", reason[0] != '\0' ? ": " : "", reason);
    screen_draw(w->screen, &w->model, source_now(&w->source), w->name, state);
}

/* What has come, then what is to be seen of it. */
static bool take(struct watcher *w) {
    int count = 0;
    while (!w->over && count < ROUND && take_one(w))
        count++;
    if (w->screen != NULL)
        draw(w);
    else if (!w->in->json)
        print_lines(w);
    if (ferror(stdout))
        end_with(w, STATUS_UNKNOWN);
    if (w->model.failed)
        end_with(w, fail_result(w->in, NULL, COPP_E_MEMORY));
    return count < ROUND;
}

static int milliseconds(uint64_t now, uint64_t deadline_ms) {
    if (deadline_ms <= now)
        return 0;
    return deadline_ms - now < 60000 ? (int)(deadline_ms - now) : 60000;
}

static bool took(int fd) {
    struct signalfd_siginfo info;
    bool any = false;
    while (read(fd, &info, sizeof info) == sizeof info)
        any = true;
    return any;
}

/*
 * Until the terminal is this program's. In the background it is the shell's: whoever touches it there is stopped by the
 * kernel, again and again, and never hears of the signal that is to end it.
 */
static void await_terminal(struct watcher *w) {
    struct pollfd ending = {.fd = w->signals, .events = POLLIN};
    while (!w->over && !screen_in_foreground()) {
        (void)poll(&ending, 1, BACKGROUND_MS);
        if (took(w->signals))
            end_with(w, STATUS_YES);
        else if (!screen_in_foreground())
            screen_stop(w->screen, SIGTTOU);
    }
}

static void wait_for_something(struct watcher *w, bool idle) {
    uint64_t now = source_now(&w->source);
    uint64_t deadline_ms = source_deadline_ms(&w->source);
    if (w->screen != NULL && deadline_ms > now + CLOCK_MS)
        deadline_ms = now + CLOCK_MS;
    if (w->once && w->deadline_ms < deadline_ms)
        deadline_ms = w->deadline_ms;
    /* without events: to hear that the reader of our lines has gone, or the terminal */
    struct pollfd fds[] = {source_poll(&w->source),
                           {.fd = w->signals, .events = POLLIN},
                           {.fd = w->resizes, .events = POLLIN},
                           {.fd = STDOUT_FILENO},
                           {.fd = w->screen != NULL ? STDIN_FILENO : -1, .events = POLLIN},
                           {.fd = w->stops, .events = POLLIN}};
    if (poll(fds, 6, idle ? milliseconds(now, deadline_ms) : 0) < 0 && errno != EINTR)
        end_with(w, fail_result(w->in, NULL, COPP_E_IO));
    if (took(w->signals) || fds[3].revents & (POLLERR | POLLHUP) || fds[4].revents & (POLLERR | POLLHUP))
        end_with(w, STATUS_YES);
    if (!w->over && w->stops >= 0 && took(w->stops))
        screen_stop(w->screen, SIGTSTP);
    if (w->screen != NULL)
        await_terminal(w);
    if (w->screen != NULL && took(w->resizes))
        screen_resized();
    if (!w->over && w->screen != NULL && !screen_keys(w->screen, &w->model))
        end_with(w, STATUS_YES);
    if (!w->over && w->once && source_now(&w->source) >= w->deadline_ms)
        end_with(w, fail(w->in, STATUS_UNKNOWN, w->name, "coppd does not report its state"));
}

static int take_signals(struct watcher *w) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    static const int resizing[] = {SIGWINCH};
    w->signals = signal_fd(ending, 4);
    w->resizes = signal_fd(resizing, 1);
    if (w->signals >= 0 && w->resizes >= 0)
        return STATUS_YES;
    return fail(w->in, STATUS_UNKNOWN, NULL, "cannot handle signals: %s", strerror(errno));
}

/* The whole terminal is for a person who looks at it and has its keys. */
static bool wants_screen(const struct invocation *in) {
    const struct watch_options *o = in->options;
    bool input_is_events = o->device.events != NULL && strcmp(o->device.events, "-") == 0;
    return !o->plain && !o->once && !in->json && !input_is_events && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* From here on this program stops itself, and reading or writing in the background does not stop it. */
static void open_screen(struct watcher *w) {
    static const int stopping[] = {SIGTSTP, SIGTTIN, SIGTTOU};
    w->stops = signal_fd(stopping, 3);
    await_terminal(w);
    if (!w->over)
        w->screen = screen_open();
}

static int watch(struct watcher *w) {
    char name[160];
    source_name(&w->source, name, sizeof name);
    printable(name, w->name, sizeof w->name);
    w->deadline_ms = source_now(&w->source) + ONCE_MS;
    if (wants_screen(w->in))
        open_screen(w);
    while (!w->over) {
        bool idle = take(w);
        if (!w->over)
            wait_for_something(w, idle);
    }
    screen_close(&w->screen);
    return w->status;
}

static int run(const struct invocation *in) {
    const struct watch_options *o = in->options;
    struct watcher *w = calloc(1, sizeof *w);
    if (w == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    w->in = in;
    w->once = o->once;
    w->signals = -1;
    w->resizes = -1;
    w->stops = -1;
    (void)setlocale(LC_CTYPE, ""); /* whose characters the terminal shows */
    int status = source_open(in, &o->device, &w->source);
    if (status == STATUS_YES)
        status = take_signals(w);
    if (status == STATUS_YES)
        status = watch(w);
    source_close(&w->source);
    model_free(&w->model);
    if (w->signals >= 0)
        close(w->signals);
    if (w->resizes >= 0)
        close(w->resizes);
    if (w->stops >= 0)
        close(w->stops);
    free(w);
    return status;
}

const struct command command_watch = {
    .name = "watch",
    .operands = "",
    .operands_max = 0,
    .summary = "Watch coppd: connectors, sessions, levels, and each change as it happens",
    .details = "On a terminal, shows a view that updates itself; q ends it. Elsewhere, and with --plain, prints\n"
               "tables of the present state and then a line for each change; with --json, one object a line.\n"
               "Only root sees other users' sessions.",
    .options = options,
    .options_size = sizeof(struct watch_options),
    .json_lines = true,
    .run = run,
};
