#include "daemon_kit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 20000u

void sleep_ms(unsigned ms) {
    const struct timespec t = {.tv_sec = ms / 1000u, .tv_nsec = (long)(ms % 1000u) * 1000000};
    (void)nanosleep(&t, NULL);
}

static void path_in(const struct kit *kit, const char *name, char *path) {
    assert_true(snprintf(path, KIT_PATH, "%s/%s", kit->directory, name) < (int)KIT_PATH);
}

/* A port that was free a moment ago. */
static unsigned free_port(void) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

void kit_configure(struct kit *kit, const char *settings) {
    FILE *file = fopen(kit->config, "w");
    assert_non_null(file);
    if (!strstr(settings, "backend = "))
        (void)fprintf(file, "[outputs]\nbackend = sim\nevents = %s\n", kit->events);
    (void)fprintf(file, "[metrics]\naddress = 127.0.0.1:%u\nfile = %s/metrics\n", kit->port, kit->directory);
    (void)fprintf(file, "[daemon]\nsocket = %s\nstate_directory = %s\nruntime_directory = %s/outputs\n%s", kit->socket,
                  kit->directory, kit->directory, settings);
    assert_int_equal(fclose(file), 0);
}

/* --- what the first coppd has made --- */

static struct hierarchy_file {
    const char *name;
    mode_t mode;
    uint8_t bytes[16384];
    size_t size; /* 0: not kept yet */
} hierarchy_files[] = {
    {.name = "test-driver/anchor.b64", .mode = 0644},    {.name = "test-driver/chain.xml", .mode = 0644},
    {.name = "test-driver/leaf.pem", .mode = 0600},      {.name = "test-driver-opm/anchor.der", .mode = 0644},
    {.name = "test-driver-opm/chain.p7b", .mode = 0644}, {.name = "test-driver-opm/leaf.pem", .mode = 0600},
};
static bool hierarchies_anew;

#define HIERARCHY_FILES (sizeof hierarchy_files / sizeof *hierarchy_files)

void kit_without_hierarchies(void) {
    hierarchies_anew = true;
}

static void keep_hierarchies(const struct kit *kit) {
    if (hierarchies_anew)
        return;
    for (size_t i = 0; i < HIERARCHY_FILES; i++) {
        struct hierarchy_file *file = &hierarchy_files[i];
        char path[KIT_PATH];
        path_in(kit, file->name, path);
        FILE *from = fopen(path, "rb");
        assert_non_null(from);
        file->size = fread(file->bytes, 1, sizeof file->bytes, from);
        assert_in_range(file->size, 1, sizeof file->bytes - 1);
        (void)fclose(from);
    }
}

static void restore_hierarchies(const struct kit *kit) {
    char path[KIT_PATH];
    if (hierarchy_files[0].size == 0)
        return;
    path_in(kit, "test-driver", path);
    assert_int_equal(mkdir(path, 0755), 0);
    path_in(kit, "test-driver-opm", path);
    assert_int_equal(mkdir(path, 0755), 0);
    for (size_t i = 0; i < HIERARCHY_FILES; i++) {
        const struct hierarchy_file *file = &hierarchy_files[i];
        path_in(kit, file->name, path);
        int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file->mode);
        assert_true(to >= 0);
        assert_int_equal(write(to, file->bytes, file->size), file->size);
        assert_int_equal(close(to), 0);
    }
}

void kit_make(struct kit *kit, const char *settings) {
    *kit = (struct kit){.directory = "/tmp/coppd-test-XXXXXX", .fifo = -1};
    assert_non_null(mkdtemp(kit->directory));
    path_in(kit, "coppd.conf", kit->config);
    path_in(kit, "socket", kit->socket);
    path_in(kit, "events", kit->events);
    path_in(kit, "output", kit->output);
    assert_int_equal(mkfifo(kit->events, 0600), 0);
    kit->fifo = open(kit->events, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    assert_true(kit->fifo >= 0);
    kit->port = free_port();
    restore_hierarchies(kit);
    kit_configure(kit, settings);
}

static const char *daemon_path(void) {
    const char *path = getenv("COPPD");
    assert_non_null(path);
    return path;
}

static void become_daemon(const struct kit *kit, const char *option) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no daemon behind */
    int out = open(kit->output, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    if (kit->file_limit)
        (void)setrlimit(RLIMIT_NOFILE, &(struct rlimit){kit->file_limit, kit->file_limit});
    if (kit->size_limit) {
        (void)signal(SIGXFSZ, SIG_IGN); /* a write then fails, as on a full disk */
        (void)setrlimit(RLIMIT_FSIZE, &(struct rlimit){kit->size_limit, kit->size_limit});
    }
    if (kit->mask)
        (void)umask(kit->mask);
    if (kit->bound_by_modes) { /* another user has neither to begin with */
        (void)prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE);
        (void)prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH);
    }
    if (kit->preload)
        (void)setenv("LD_PRELOAD", kit->preload, 1);
    const char *first = kit->argument ? kit->argument : option;
    (void)execl(daemon_path(), "coppd", "--config", kit->config, first, kit->argument ? option : NULL, (char *)NULL);
    _exit(127);
}

static void launch(struct kit *kit, const char *option) {
    kit->pid = fork();
    assert_true(kit->pid >= 0);
    if (kit->pid == 0)
        become_daemon(kit, option);
}

static void read_anchor(struct kit *kit) {
    char name[KIT_PATH];
    char text[1024];
    path_in(kit, "test-driver/anchor.b64", name);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    assert_int_equal(copp_public_key_read(text, size, &kit->anchor), COPP_OK);
}

static void read_opm_anchor(struct kit *kit) {
    char name[KIT_PATH];
    uint8_t der[4096];
    path_in(kit, "test-driver-opm/anchor.der", name);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t size = fread(der, 1, sizeof der, file);
    (void)fclose(file);
    kit->opm_anchor.size = sizeof kit->opm_anchor;
    assert_int_equal(copp_opm_anchor_read(der, size, &kit->opm_anchor), COPP_OK);
}

void kit_start(struct kit *kit) {
    launch(kit, NULL);
    struct copp_socket *connection = NULL;
    const struct copp_socket_config config = {
        .size = sizeof config, .path = kit->socket, .answer_ms = START_MS}; /* it makes keys first */
    uint64_t until = clock_ms() + START_MS;
    struct copp_socket_connector first = {.size = sizeof first};
    while (copp_socket_connect(&config, &connection)) {
        if (clock_ms() > until || waitpid(kit->pid, NULL, WNOHANG) != 0) {
            char *said = kit_output(kit);
            fail_msg("coppd does not start: %s", said);
        }
        sleep_ms(10);
    }
    enum copp_result result = copp_socket_connector(connection, 0, &first);
    assert_true(result == COPP_OK || result == COPP_E_NOT_FOUND); /* it may have no outputs yet */
    copp_socket_close(&connection);
    kit_wait_sessions(kit, 0);
    if (!kit->own_driver) {
        read_anchor(kit);
        read_opm_anchor(kit);
        keep_hierarchies(kit);
    }
}

static int wait_for_end(struct kit *kit) {
    int status;
    assert_int_equal(waitpid(kit->pid, &status, 0), kit->pid);
    kit->pid = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int kit_run(struct kit *kit, const char *option, char **said) {
    (void)unlink(kit->output);
    launch(kit, option);
    int status = wait_for_end(kit);
    *said = kit_output(kit);
    return status;
}

void kit_stop(struct kit *kit) {
    assert_int_equal(kill(kit->pid, SIGTERM), 0);
    int status = wait_for_end(kit);
    if (status) {
        char *said = kit_output(kit);
        fail_msg("coppd ended with %d: %s", status, said);
    }
}

void kit_kill(struct kit *kit) {
    assert_int_equal(kill(kit->pid, SIGKILL), 0);
    assert_int_equal(waitpid(kit->pid, NULL, 0), kit->pid);
    kit->pid = 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk) {
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void kit_end(struct kit *kit) {
    if (kit->pid)
        kit_stop(kit);
    (void)close(kit->fifo);
    assert_int_equal(nftw(kit->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static char *read_whole(int fd) {
    size_t room = 1u << 16;
    size_t size = 0;
    char *text = malloc(room + 1);
    assert_non_null(text);
    for (ssize_t got; size < room && (got = read(fd, text + size, room - size)) > 0;)
        size += (size_t)got;
    text[size] = 0;
    (void)close(fd);
    return text;
}

char *kit_output(struct kit *kit) {
    int fd = open(kit->output, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    return read_whole(fd);
}

char *kit_metrics(struct kit *kit) {
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_port = htons((uint16_t)kit->port)};
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(write(fd, request, sizeof request - 1), sizeof request - 1);
    return read_whole(fd);
}

double kit_metric(struct kit *kit, const char *line) {
    char *text = kit_metrics(kit);
    const char *found = NULL;
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++) {
        if (at > text && at[-1] == '\n')
            found = at;
    }
    if (!found)
        fail_msg("no metric %s", line);
    double value = strtod(found + strlen(line), NULL);
    free(text);
    return value;
}

unsigned kit_times_said(struct kit *kit, const char *text) {
    unsigned times = 0;
    char *said = kit_output(kit);
    for (const char *at = said; (at = strstr(at, text)) != NULL; at++)
        times++;
    free(said);
    return times;
}

void kit_wait_said(struct kit *kit, const char *text, unsigned times) {
    for (uint64_t until = clock_ms() + START_MS; kit_times_said(kit, text) < times; sleep_ms(5))
        assert_true(clock_ms() < until);
}

void kit_event(struct kit *kit, const char *event) {
    unsigned before = kit_times_said(kit, "event: ");
    assert_int_equal(dprintf(kit->fifo, "%s\n", event), strlen(event) + 1);
    kit_wait_said(kit, "event: ", before + 1);
}

unsigned kit_open_files(const struct kit *kit) {
    char path[64];
    unsigned count = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/fd", (long)kit->pid);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    while (readdir(directory))
        count++;
    (void)closedir(directory);
    return count;
}

void kit_wait_sessions(struct kit *kit, unsigned count) {
    for (uint64_t until = clock_ms() + START_MS; kit_metric(kit, "copp_connections_open ") != count; sleep_ms(5))
        assert_true(clock_ms() < until);
}

static unsigned reloads_said(struct kit *kit) {
    return kit_times_said(kit, "configuration reloaded; ") + kit_times_said(kit, "; the old configuration stays in force");
}

void kit_reload(struct kit *kit) {
    unsigned before = reloads_said(kit);
    assert_int_equal(kill(kit->pid, SIGHUP), 0);
    for (uint64_t until = clock_ms() + START_MS; reloads_said(kit) == before; sleep_ms(5))
        assert_true(clock_ms() < until);
}

enum copp_result player_try(struct kit *kit, const char *connector, const struct copp_chain *known, struct player *player) {
    const struct copp_socket_config where = {
        .size = sizeof where, .path = kit->socket, .answer_ms = 20000, .command_ms = 60000, .semantics = kit->semantics};
    const struct copp_session_config config = {.size = sizeof config,
                                               .anchor = &kit->anchor,
                                               .known_chain = known,
                                               .connector = connector,
                                               .opm_anchor = &kit->opm_anchor};
    struct copp_socket *connection = NULL;
    *player = (struct player){NULL, NULL};
    enum copp_result result = copp_socket_connect(&where, &connection);
    if (!result)
        result = copp_socket_transport_open(&connection, connector, &player->transport);
    copp_socket_close(&connection);
    if (!result)
        result = copp_session_new(&config, player->transport, &player->session);
    return result ? result : copp_session_establish(player->session, NULL);
}

void player_begin(struct kit *kit, const char *connector, struct player *player) {
    assert_int_equal(player_try(kit, connector, NULL, player), COPP_OK);
}

void player_end(struct player *player) {
    copp_session_free(&player->session);
    copp_transport_free(&player->transport);
}

uint32_t player_global(struct player *player, uint32_t type) {
    uint32_t level;
    assert_int_equal(copp_session_global_level(player->session, type, &level), COPP_OK);
    return level;
}

uint32_t player_local(struct player *player, uint32_t type) {
    uint32_t level;
    assert_int_equal(copp_session_local_level(player->session, type, &level), COPP_OK);
    return level;
}

void player_loses(struct player *player, uint32_t type, uint64_t began) {
    uint32_t events = 0;
    for (;;) {
        uint32_t level = player_local(player, type);
        assert_true(clock_ms() - began < 2000);
        events |= copp_session_take_events(player->session);
        if (level == 0)
            break;
    }
    assert_true(events & COPP_STATUS_LINK_LOST);
}

pid_t holder_begin(struct kit *kit, const char *connector) {
    int told[2];
    char byte;
    assert_int_equal(pipe(told), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct player player;
        if (player_try(kit, connector, NULL, &player) ||
            copp_session_set_protection_level(player.session, COPP_PROTECTION_TYPE_HDCP, 1) || write(told[1], "!", 1) != 1)
            _exit(1);
        for (;;)
            (void)pause();
    }
    (void)close(told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    (void)close(told[0]);
    return pid;
}

void process_kill(pid_t pid) {
    (void)kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int raw_connect(struct kit *kit) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, kit->socket);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

void raw_send(int fd, uint32_t version, uint32_t type, uint32_t status, size_t body) {
    const uint32_t words[3] = {htole32(version), htole32(type), htole32(status)};
    uint8_t *bytes = calloc(1, sizeof words + body);
    assert_non_null(bytes);
    memcpy(bytes, words, sizeof words);
    assert_int_equal(send(fd, bytes, sizeof words + body, MSG_NOSIGNAL), sizeof words + body);
    free(bytes);
}

size_t raw_receive(int fd, uint8_t *bytes, size_t size) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&ready, 1, 20000), 1);
    ssize_t got = recv(fd, bytes, size, 0);
    if (got < 0 && errno == ECONNRESET)
        return 0;
    assert_true(got >= 0);
    return (size_t)got;
}

void raw_disconnect(int fd, uint32_t cause) {
    uint8_t bytes[64];
    const uint32_t wanted[4] = {htole32(PROTOCOL_VERSION), htole32(0xFFFFFFFFu), htole32(cause), htole32(PROTOCOL_VERSION)};
    assert_int_equal(raw_receive(fd, bytes, sizeof bytes), sizeof wanted);
    assert_memory_equal(bytes, wanted, sizeof wanted);
    assert_int_equal(raw_receive(fd, bytes, sizeof bytes), 0);
}

pid_t false_daemon(const char *path, const struct iovec *packets, size_t count) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 8), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        static uint8_t request[8192];
        for (;;) {
            int peer = accept(fd, NULL, NULL);
            bool asked = recv(peer, request, sizeof request, 0) > 0;
            for (size_t i = 0; asked && i < count; i++)
                (void)send(peer, packets[i].iov_base, packets[i].iov_len, 0);
        }
    }
    (void)close(fd);
    return pid;
}
