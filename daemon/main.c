/* coppd: owns the machine's outputs and speaks COPP to every player on it. coppd(8). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/standard_streams.h"
#include "config.h"
#include "configure.h"
#include "files.h"
#include "listen.h"
#include "log.h"
#include "loop.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2 /* or nobody could be told */

struct arguments {
    const char *config;
    const char *socket;
    bool check;
};

static void usage(FILE *out) {
    (void)fputs("Usage: coppd [--config FILE] [--socket PATH] [--check-config]\n"
                "\n"
                "  --config FILE    configuration (default: " CONFIG_DEFAULT_FILE ", which may be missing)\n"
                "  --socket PATH    where players connect (default: as configured, else " COPP_SOCKET_DEFAULT ")\n"
                "  --check-config   say whether the configuration can be used, and exit\n"
                "  --version        print the version and exit\n"
                "  --help           print this and exit\n",
                out);
}

/* -1: go on; else the status to exit with. */
static int read_arguments(int argc, char **argv, struct arguments *arguments) {
    static const struct option options[] = {{"config", required_argument, NULL, 'c'}, {"socket", required_argument, NULL, 's'},
                                            {"check-config", no_argument, NULL, 'k'}, {"version", no_argument, NULL, 'v'},
                                            {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->config = optarg;
            break;
        case 's':
            arguments->socket = optarg;
            break;
        case 'k':
            arguments->check = true;
            break;
        case 'v':
            (void)printf("coppd %s\n", copp_version());
            return EXIT_SUCCESS;
        case 'h':
            usage(stdout);
            return EXIT_SUCCESS;
        default:
            usage(stderr);
            return STATUS_USAGE;
        }
    }
    if (optind == argc)
        return -1;
    log_error("unknown argument: %s", argv[optind]);
    usage(stderr);
    return STATUS_USAGE;
}

/* Signals come through the event loop alone. SIGPIPE is ignored: sessions go on when the reader of our lines has gone. */
static bool hold_signals(void) {
    sigset_t set;
    if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return false;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0;
}

static int run(struct server *server) {
    struct sockaddr_un address;
    listen_path(server->listen_fd, &address);
    (void)sd_notifyf(0, "READY=1\nSTATUS=Listening at %s", address.sun_path);
    log_info("listening at %s", address.sun_path);
    int r = sd_event_loop(server->event);
    (void)sd_notify(0, "STOPPING=1");
    if (r >= 0)
        return EXIT_SUCCESS;
    log_error("the event loop failed: %s", strerror(-r));
    return STATUS_FAILED;
}

static int check(const struct server *server) {
    struct error_text error;
    const char *name = server->config_name ? server->config_name : CONFIG_DEFAULT_FILE;
    char plan[256] = "";
    if (!server_check(server, plan, sizeof plan, &error)) {
        log_error("%s", error.text);
        return STATUS_FAILED;
    }
    bool defaults = !server->config_name && file_is_absent(name);
    (void)printf("%s: %s\n", name, defaults ? "does not exist; the defaults can be used" : "can be used");
    (void)printf("backend = %s: %s\n", server->config.backend, plan);
    return EXIT_SUCCESS;
}

/* The socket comes last: whoever finds it finds chain, key and anchor, and is answered. */
static int serve(struct server *server) {
    struct error_text error;
    struct place place;
    int status = STATUS_FAILED;
    if (!hold_signals()) {
        log_error("cannot block signals: %s", strerror(errno));
        return status;
    }
    bool claimed = listen_claim(server->config.socket, &place, &error);
    if (claimed && server_open(server, &error) && listen_open(&place, &error) && server_listen(server, place.fd, &error))
        status = run(server);
    else
        log_error("%s", error.text);
    listen_hide(&place);
    if (claimed)
        server_close(server);
    listen_give_back(&place);
    return status;
}

static int start(int argc, char **argv) {
    static struct server server;
    struct arguments arguments = {.config = NULL};
    struct error_text error;
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    server.config_name = arguments.config;
    server.socket = arguments.socket;
    if (!server_configure(&server, &server.config, &error)) {
        log_error("%s", error.text);
        return STATUS_FAILED;
    }
    return arguments.check ? check(&server) : serve(&server);
}

int main(int argc, char **argv) {
    if (!hold_standard_streams())
        return STATUS_FAILED;
    int status = start(argc, argv);
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    log_error("standard output cannot be written%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
    return STATUS_USAGE;
}
