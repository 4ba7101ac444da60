/* coppd: owns the machine's outputs and speaks COPP to every player on it. coppd(8). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "server.h"

#define STATUS_FAILED 1
#define STATUS_USAGE 2

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
    (void)fprintf(stderr, "coppd: takes no such argument: %s\n", argv[optind]);
    usage(stderr);
    return STATUS_USAGE;
}

/* A socket left behind by a daemon that was killed answers to nobody. */
static bool someone_listens(const struct sockaddr_un *address) {
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool listens = fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN);
    if (fd >= 0)
        (void)close(fd);
    return listens;
}

/* Every user may connect: what they may do is counted by user, not by file mode. */
static int listen_at(const char *path, struct fault *fault) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;
    if (strlen(path) >= sizeof address.sun_path) {
        fault_set(fault, "%s: is longer than a socket's path may be (%zu bytes)", path, sizeof address.sun_path - 1);
        return -1;
    }
    strcpy(address.sun_path, path);
    if (someone_listens(&address)) {
        fault_set(fault, "%s: another coppd listens there: stop it, or give --socket", path);
        return -1;
    }
    if (lstat(path, &status) == 0 && S_ISSOCK(status.st_mode))
        (void)unlink(path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && chmod(path, 0666) == 0 &&
        listen(fd, SOMAXCONN) == 0)
        return fd;
    fault_set(fault, "%s: cannot listen there: %s", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* What systemd hands over, else a socket of our own; *own says which. */
static int listening_socket(const char *path, bool *own, struct fault *fault) {
    int count = sd_listen_fds(1);
    *own = count <= 0;
    if (*own)
        return listen_at(path, fault);
    if (count == 1 && sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1, NULL, 0) > 0)
        return SD_LISTEN_FDS_START;
    fault_set(fault, "the socket unit must hand over one Unix socket: ListenSequentialPacket=%s", path);
    return -1;
}

/* Signals come through the event loop alone. */
static bool block_signals(void) {
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    return sigprocmask(SIG_BLOCK, &set, NULL) == 0;
}

static int run(struct server *server, int fd) {
    struct fault fault;
    int status = STATUS_FAILED;
    if (!server_open(server, fd, &fault)) {
        log_error("%s", fault.text);
    } else {
        (void)sd_notifyf(0, "READY=1\nSTATUS=Listening at %s", server->config.socket);
        log_info("listening at %s", server->config.socket);
        int r = sd_event_loop(server->event);
        (void)sd_notify(0, "STOPPING=1");
        if (r < 0)
            log_error("the event loop failed: %s", strerror(-r));
        else
            status = EXIT_SUCCESS;
    }
    server_close(server);
    return status;
}

int main(int argc, char **argv) {
    static struct server server;
    struct arguments arguments = {.config = NULL};
    struct fault fault;
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    server.config_name = arguments.config;
    server.socket = arguments.socket;
    if (!server_configure(&server, &server.config, &fault)) {
        log_error("%s", fault.text);
        return STATUS_FAILED;
    }
    if (arguments.check) {
        (void)printf("%s: can be used\n", arguments.config ? arguments.config : CONFIG_DEFAULT_FILE);
        return EXIT_SUCCESS;
    }
    bool own = false;
    fault_set(&fault, "signals cannot be blocked");
    int fd = block_signals() ? listening_socket(server.config.socket, &own, &fault) : -1;
    if (fd < 0) {
        log_error("%s", fault.text);
        return STATUS_FAILED;
    }
    status = run(&server, fd);
    if (own)
        (void)unlink(server.config.socket);
    return status;
}
