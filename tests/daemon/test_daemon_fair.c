/* One user does not stop the others: floods of one, and what another one then gets. peers.c makes the users. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon_kit.h"
#include "peers.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define FLOODER 60001u /* a user id */
#define SESSIONS 256u
#define CONNECTORS 4u
#define TRIES 21u
#define QUESTIONS 64u
#define AHEAD 4u /* questions that a session of the flooder's asks before it has its answers */
#define PROCESSES (CONNECTORS + 1)
#define LIST 1u /* types of packets */
#define KEY_EXCHANGE 3u
#define SEQUENCE_START 4u

/* What the flood has come to, in memory that its processes share. */
struct counts {
    atomic_ulong answers;
    atomic_ulong connections;
    atomic_uint ready; /* processes that are at it */
};

struct world {
    struct kit kit;
    struct peers *peers;
    struct counts *counts;
    pid_t processes[PROCESSES];
    size_t process_count;
};

static void *shared_memory(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    return memory;
}

static void world_begin(struct world *world, const char *settings) {
    char path[KIT_PATH + 8];
    memset(world, 0, sizeof *world);
    kit_make(&world->kit, settings);
    (void)snprintf(path, sizeof path, "%s/peers", world->kit.directory);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(ftruncate(fd, sizeof *world->peers), 0);
    world->peers = mmap(NULL, sizeof *world->peers, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_ptr_not_equal(world->peers, MAP_FAILED);
    (void)close(fd);
    world->counts = shared_memory(sizeof *world->counts);
    assert_int_equal(setenv("COPP_TEST_PEERS", path, 1), 0);
    world->kit.preload = COPP_PEERS;
    kit_start(&world->kit);
}

static void stop_flood(struct world *world) {
    for (size_t i = 0; i < world->process_count; i++)
        process_kill(world->processes[i]);
    world->process_count = 0;
}

static void world_end(struct world *world) {
    stop_flood(world);
    kit_end(&world->kit);
    assert_int_equal(munmap(world->peers, sizeof *world->peers), 0);
    assert_int_equal(munmap(world->counts, sizeof *world->counts), 0);
}

/* A process of the flooder's that does this until it is killed; returns once it is at it. */
static void flood(struct world *world, void (*act)(struct world *world)) {
    size_t place = world->process_count++;
    unsigned before = atomic_load(&world->counts->ready);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        world->peers->processes[place].uid = FLOODER;
        world->peers->processes[place].pid = getpid();
        act(world);
        _exit(1);
    }
    world->processes[place] = pid;
    for (uint64_t until = clock_ms() + 60000; atomic_load(&world->counts->ready) == before; sleep_ms(1))
        assert_true(clock_ms() < until && waitpid(pid, NULL, WNOHANG) == 0);
}

static int try_connect(const struct kit *kit) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, kit->socket);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static const uint8_t list[12 + 4] = {PROTOCOL_VERSION, 0, 0, 0, LIST};

/* As many connections as a user may have, each of which always has questions. */
static void ask_without_pause(struct world *world) {
    struct pollfd fds[SESSIONS];
    uint8_t answer[256];
    for (size_t i = 0; i < SESSIONS; i++) {
        fds[i] = (struct pollfd){.fd = try_connect(&world->kit), .events = POLLIN};
        for (unsigned asked = 0; asked < AHEAD; asked++) {
            if (fds[i].fd < 0 || send(fds[i].fd, list, sizeof list, MSG_NOSIGNAL) < 0)
                _exit(2);
        }
    }
    for (bool ready = false;; ready = true) {
        if (!ready)
            atomic_fetch_add(&world->counts->ready, 1);
        if (poll(fds, SESSIONS, -1) < 0)
            _exit(3);
        for (size_t i = 0; i < SESSIONS; i++) {
            if (!fds[i].revents)
                continue;
            if (recv(fds[i].fd, answer, sizeof answer, 0) <= 16 || send(fds[i].fd, list, sizeof list, MSG_NOSIGNAL) < 0)
                _exit(4);
            atomic_fetch_add(&world->counts->answers, 1);
        }
    }
}

static void connect_and_close(struct world *world) {
    for (atomic_fetch_add(&world->counts->ready, 1);;) {
        int fd = try_connect(&world->kit);
        if (fd >= 0)
            (void)close(fd);
        atomic_fetch_add(&world->counts->connections, 1);
    }
}

static int ascending(const void *a, const void *b) {
    const unsigned long *x = a;
    const unsigned long *y = b;
    return (*x > *y) - (*x < *y);
}

static unsigned long median(unsigned long values[TRIES]) {
    qsort(values, TRIES, sizeof *values, ascending);
    return values[TRIES / 2];
}

/*
 * A newcomer is behind those that wait to be accepted, and its question behind one turn's share. In the meantime the flooder
 * gets a share for each turn: so much, and no more, however busy the machine is.
 */
static void a_flood_of_questions_and_connections(void) {
    struct world world;
    unsigned long answers[TRIES];
    unsigned long connections[TRIES];
    unsigned long ms[TRIES];
    world_begin(&world, "connections_per_second = 1000\n");
    flood(&world, ask_without_pause);
    for (size_t i = 0; i < CONNECTORS; i++)
        flood(&world, connect_and_close);
    sleep_ms(500); /* so many connect that the queue of them is full */
    const struct copp_socket_config where = {.size = sizeof where, .path = world.kit.socket, .answer_ms = 20000};
    for (size_t i = 0; i < TRIES; i++) {
        struct copp_socket *connection;
        struct copp_socket_connector first = {.size = sizeof first};
        uint64_t began = clock_ms();
        answers[i] = atomic_load(&world.counts->answers);
        connections[i] = atomic_load(&world.counts->connections);
        assert_int_equal(copp_socket_connect(&where, &connection), COPP_OK);
        assert_int_equal(copp_socket_connector(connection, 0, &first), COPP_OK);
        answers[i] = atomic_load(&world.counts->answers) - answers[i];
        connections[i] = atomic_load(&world.counts->connections) - connections[i];
        ms[i] = (unsigned long)(clock_ms() - began);
        copp_socket_close(&connection);
    }
    unsigned long middle = median(ms);
    print_message("connect and list under a flood: median %lu ms, longest %lu ms; meanwhile the flooder had %lu answers and %lu "
                  "connections (medians)\n",
                  middle, ms[TRIES - 1], median(answers), median(connections));
    assert_in_range(median(answers), 0, 2000); /* about 30 where it has a processor to itself */
    assert_in_range(median(connections), 0, 2000); /* about 500 */
    world_end(&world);
}

/*
 * How many answers of that type coppd has sent to others between two moments: when this process had asked everything, at "asked", and
 * when the last of so many answers was sent to it. The first of them was sent at "from" or later.
 */
static unsigned long sent_to_others(const struct peers *peers, unsigned long from, unsigned long asked, unsigned questions,
                                    unsigned type) {
    unsigned long others = 0;
    unsigned own = 0;
    unsigned long sent = atomic_load(&peers->sent);
    for (unsigned long i = from; own < questions; i++) {
        assert_true(i < sent);
        if (peers->packets[i % PEERS_SENT].pid == getpid())
            own++;
        else if (i >= asked && peers->packets[i % PEERS_SENT].type == type)
            others++;
    }
    assert_in_range(atomic_load(&peers->sent) - from, questions, PEERS_SENT - 1); /* nothing of it was written over */
    return others;
}

/*
 * How many answers of that type the flooder has at most while another user's one session has questions that wait. The order in which coppd sends
 * answers decides, so that it does not matter who has to wait for the processor.
 */
static unsigned long answers_meanwhile(void (*act)(struct world *world), unsigned type, unsigned questions) {
    struct world world;
    unsigned long answers[TRIES];
    uint8_t answer[256];
    world_begin(&world, "connections_per_second = 0\n");
    flood(&world, act);
    int fd = raw_connect(&world.kit);
    for (size_t i = 0; i < TRIES; i++) {
        unsigned long from = atomic_load(&world.peers->sent);
        for (unsigned asked = 0; asked < questions; asked++)
            assert_int_equal(send(fd, list, sizeof list, 0), sizeof list);
        unsigned long asked = atomic_load(&world.peers->sent);
        for (unsigned got = 0; got < questions; got++)
            assert_int_equal(raw_receive(fd, answer, sizeof answer), RAW_LISTED_SIZE);
        answers[i] = sent_to_others(world.peers, from, asked, questions, type);
    }
    (void)close(fd);
    world_end(&world);
    unsigned long middle = median(answers);
    print_message("for %u questions of another user's session the flooder had %lu answers (median), %lu at most\n", questions,
                  middle, answers[TRIES - 1]);
    return answers[TRIES - 1];
}

/* Of two that ask without pause one has as many sessions as it may, and the other one: they are served alike. */
static void one_session_gets_as_much_as_many(void) {
    assert_in_range(answers_meanwhile(ask_without_pause, LIST, QUESTIONS), QUESTIONS / 4,
                    2ul * QUESTIONS); /* not as much for each of its sessions */
}

#define HANDSHAKERS 32u
#define MANY_QUESTIONS 192u

/* Sessions that begin again and again: each try costs the daemon an RSA operation, and comes to nothing. */
static void shake_hands(struct world *world) {
    static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    static const uint8_t key_exchange[12] = {PROTOCOL_VERSION, 0, 0, 0, KEY_EXCHANGE};
    static const uint8_t sequence_start[12 + 256] = {PROTOCOL_VERSION, 0, 0, 0, SEQUENCE_START};
    static uint8_t answer[16384];
    int fds[HANDSHAKERS];
    for (size_t i = 0; i < HANDSHAKERS; i++) {
        fds[i] = try_connect(&world->kit);
        if (fds[i] < 0 || send(fds[i], open, sizeof open, MSG_NOSIGNAL) < 0 ||
            recv(fds[i], answer, sizeof answer, 0) != RAW_OPENED_SIZE)
            _exit(2);
    }
    for (atomic_fetch_add(&world->counts->ready, 1);;) {
        for (size_t i = 0; i < HANDSHAKERS; i++) {
            if (send(fds[i], key_exchange, sizeof key_exchange, MSG_NOSIGNAL) < 0 ||
                send(fds[i], sequence_start, sizeof sequence_start, MSG_NOSIGNAL) < 0)
                _exit(3);
        }
        for (size_t i = 0; i < HANDSHAKERS; i++) {
            for (int request = 0; request < 2; request++) {
                if (recv(fds[i], answer, sizeof answer, 0) <= 0)
                    _exit(4);
            }
            atomic_fetch_add(&world->counts->answers, 1);
        }
    }
}

/* A handshake counts as what it costs, 32 questions: in so many turns no more have an end. A handshake for a question would be 96. */
static void handshakes_count_for_more(void) {
    assert_in_range(answers_meanwhile(shake_hands, SEQUENCE_START, MANY_QUESTIONS), 3, 12);
}

#define LIMIT_MS 600u /* of a command that is under way */
#define HANGS 2u /* sessions of the flooder's that command HDCP where it never comes up */

/* Commands again and again, and waits for each answer at most so long, then hangs up. */
static void command_hdcp(struct world *world, uint32_t patience_ms) {
    const struct copp_socket_config where = {
        .size = sizeof where, .path = world->kit.socket, .answer_ms = 20000, .command_ms = patience_ms};
    const struct copp_session_config config = {.size = sizeof config, .anchor = &world->kit.anchor};
    for (unsigned tries = 0;; tries++) {
        struct copp_socket *connection = NULL;
        struct player player = {NULL, NULL};
        if (copp_socket_connect(&where, &connection) || copp_socket_transport_open(&connection, "DVI-I-1", &player.transport) ||
            copp_session_new(&config, player.transport, &player.session) || copp_session_establish(player.session, NULL))
            _exit(2);
        if (!tries)
            atomic_fetch_add(&world->counts->ready, 1);
        while (copp_session_set_protection_level(player.session, HDCP, 1) == COPP_E_REFUSED)
            atomic_fetch_add(&world->counts->answers, 1);
        player_end(&player);
    }
}

static void command_and_wait(struct world *world) {
    command_hdcp(world, 20000);
}

static void command_and_hang_up(struct world *world) {
    command_hdcp(world, LIMIT_MS / 2);
}

/* Refused, perhaps, because the flooder's command was under way; the next one after that comes through. */
static void acp_at_the_second_try(void (*act)(struct world *world), unsigned lasts_ms) {
    struct world world;
    struct player player;
    char settings[96];
    unsigned refused = 0;
    (void)snprintf(settings, sizeof settings, "connections_per_second = 0\npending_limit = %u\n", LIMIT_MS);
    world_begin(&world, settings);
    kit_event(&world.kit, "hdcp-hang DVI-I-1 on");
    player_begin(&world.kit, "DVI-I-1", &player);
    for (unsigned i = 0; i < HANGS; i++)
        flood(&world, act);
    for (unsigned round = 0; round < 8; round++) {
        enum copp_result first = copp_session_set_protection_level(player.session, ACP, 1 + round % 2);
        assert_true(first == COPP_OK || first == COPP_E_REFUSED);
        if (first) {
            refused++;
            assert_int_equal(copp_session_set_protection_level(player.session, ACP, 0), COPP_OK); /* keeps its place */
            sleep_ms(lasts_ms + LIMIT_MS / 2); /* its place is kept for LIMIT_MS from then on */
            assert_int_equal(copp_session_set_protection_level(player.session, ACP, 1 + round % 2), COPP_OK);
        }
        assert_int_equal(player_global(&player, ACP), 1 + round % 2);
        assert_int_equal(player_global(&player, HDCP), 0);
        sleep_ms(20); /* the flooder has it again */
    }
    assert_in_range(refused, 4, 8); /* else there was no flood */
    player_end(&player);
    world_end(&world);
}

static void a_connector_that_hangs_is_passed_on(void) {
    acp_at_the_second_try(command_and_wait, LIMIT_MS);
}

static void and_so_it_is_where_the_flooder_hangs_up(void) {
    acp_at_the_second_try(command_and_hang_up, LIMIT_MS / 2);
}

/* A place that nobody takes is given up, and giving back takes none. */
static void nobody_waits_for_ever(void) {
    struct world world;
    struct player player;
    char settings[96];
    (void)snprintf(settings, sizeof settings, "connections_per_second = 0\npending_limit = %u\n", LIMIT_MS);
    world_begin(&world, settings);
    kit_event(&world.kit, "hdcp-hang DVI-I-1 on");
    player_begin(&world.kit, "DVI-I-1", &player);
    flood(&world, command_and_wait);
    sleep_ms(20);
    assert_int_equal(copp_session_set_protection_level(player.session, ACP, 1), COPP_E_REFUSED);
    assert_int_equal(copp_session_set_protection_level(player.session, ACP, 0), COPP_OK);
    double pending = kit_metric(&world.kit, "copp_failures_total{cause=\"pending\"} ");
    for (uint64_t until = clock_ms() + 20000; kit_metric(&world.kit, "copp_failures_total{cause=\"pending\"} ") < pending + 3;)
        assert_true(clock_ms() < until);
    player_end(&player);
    world_end(&world);
}

/* One session that asks for what it is always refused. */
static void be_refused(struct world *world) {
    static const uint8_t key_exchange[12] = {PROTOCOL_VERSION, 0, 0, 0, KEY_EXCHANGE}; /* without a device */
    uint8_t answer[64];
    int fd = try_connect(&world->kit);
    for (atomic_fetch_add(&world->counts->ready, 1);;) {
        if (send(fd, key_exchange, sizeof key_exchange, MSG_NOSIGNAL) < 0 ||
            recv(fd, answer, sizeof answer, 0) != RAW_OPENED_SIZE)
            _exit(2);
    }
}

/* One session that changes what it holds, and so its connector. */
static void change_levels(struct world *world) {
    struct player player;
    if (player_try(&world->kit, "HDMI-1", NULL, &player))
        _exit(2);
    atomic_fetch_add(&world->counts->ready, 1);
    for (uint32_t level = 0; !copp_session_set_protection_level(player.session, HDCP, level); level = !level) {
    }
    _exit(3);
}

static void begin_and_end(struct world *world) {
    static const char open[RAW_OPEN_SIZE] = RAW_OPEN("HDMI-1");
    uint8_t answer[64];
    for (atomic_fetch_add(&world->counts->ready, 1);;) {
        int fd = try_connect(&world->kit);
        if (fd < 0 || send(fd, open, sizeof open, MSG_NOSIGNAL) < 0 || recv(fd, answer, sizeof answer, 0) != RAW_OPENED_SIZE)
            _exit(2);
        (void)close(fd);
    }
}

struct heard {
    unsigned pieces;
    double refused; /* by their counts */
    bool other; /* a session of this process has been seen */
};

static void hear(struct copp_socket *watcher, struct heard *heard) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    while ((result = copp_socket_news(watcher, &news)) == COPP_OK) {
        heard->pieces++;
        if (news.kind == COPP_SOCKET_REFUSED) {
            assert_true(news.u.refused.count >= 1);
            heard->refused += news.u.refused.count;
        }
        heard->other = heard->other || (news.kind == COPP_SOCKET_SESSION && news.u.session.pid == (uint32_t)getpid());
    }
    assert_int_equal(result, COPP_E_PENDING); /* it has not been dropped */
}

#define SLOW_MS 2000u /* between two looks of who watches */
#define LOOKS 3u

/* A slow reader hears of everybody, and in the end how things are and how often somebody was refused. */
static void news_of_one_user_is_summed(void (*act)(struct world *world), unsigned at_most) {
    struct world world;
    struct player player;
    struct copp_socket *watcher;
    struct heard heard = {.pieces = 0};
    world_begin(&world, "connections_per_second = 0\n");
    const struct copp_socket_config where = {.size = sizeof where, .path = world.kit.socket, .answer_ms = 20000};
    assert_int_equal(copp_socket_connect(&where, &watcher), COPP_OK);
    assert_int_equal(copp_socket_watch(watcher), COPP_OK);
    flood(&world, act);
    for (unsigned i = 0; i < LOOKS; i++) {
        sleep_ms(SLOW_MS);
        hear(watcher, &heard);
    }
    player_begin(&world.kit, "DVI-I-1", &player);
    for (uint64_t until = clock_ms() + 20000; !heard.other; hear(watcher, &heard)) {
        assert_true(clock_ms() < until);
        sleep_ms(SLOW_MS / LOOKS); /* what does not fit into the socket comes behind what has been read */
    }
    stop_flood(&world);
    kit_wait_sessions(&world.kit, 2);
    double refused = kit_metric(&world.kit, "copp_failures_total{cause=\"handshake\"} ");
    for (uint64_t until = clock_ms() + 20000; heard.refused < refused; hear(watcher, &heard)) {
        assert_true(clock_ms() < until);
        sleep_ms(SLOW_MS / LOOKS);
    }
    assert_true(heard.refused == refused);
    assert_in_range(heard.pieces, 1, at_most);
    player_end(&player);
    copp_socket_close(&watcher);
    world_end(&world);
}

static void refusals_are_summed(void) {
    news_of_one_user_is_summed(be_refused, 2000); /* some 70 a second */
}

static void changes_are_summed(void) {
    news_of_one_user_is_summed(change_levels, 4000); /* and as many of its connector */
}

static void beginnings_and_ends_are_summed(void) {
    news_of_one_user_is_summed(begin_and_end, 6000); /* each that was told has an end */
}

/* Whoever runs the machine sees how it is, also then. */
static void metrics_are_told_under_a_flood(void) {
    struct world world;
    unsigned long answers[TRIES];
    world_begin(&world, "connections_per_second = 0\n");
    flood(&world, shake_hands); /* what it owes makes many turns */
    while (world.process_count < PROCESSES)
        flood(&world, connect_and_close);
    for (size_t i = 0; i < TRIES; i++) {
        answers[i] = atomic_load(&world.counts->answers);
        assert_true(kit_metric(&world.kit, "copp_connections_open ") >= HANDSHAKERS);
        answers[i] = atomic_load(&world.counts->answers) - answers[i];
    }
    unsigned long middle = median(answers);
    print_message("metrics under a flood: meanwhile the flooder had %lu handshakes (median)\n", middle);
    assert_in_range(middle, 0, 30);
    world_end(&world);
}

#define REFUSALS 100u /* more than are told one by one */

static void use_up_the_news(struct kit *kit) {
    uint8_t answer[64];
    int fd = raw_connect(kit);
    for (unsigned i = 0; i < REFUSALS; i++) {
        raw_send(fd, PROTOCOL_VERSION, 3, 0, 0); /* KeyExchange without a device */
        assert_int_equal(raw_receive(fd, answer, sizeof answer), 12);
    }
    (void)close(fd);
}

/* What a watcher has been told last of the one session there is. */
struct known {
    bool there;
    uint32_t hdcp;
};

static void learn(struct copp_socket *watcher, struct known *known) {
    struct copp_socket_news news = {.size = sizeof news};
    enum copp_result result;
    while ((result = copp_socket_news(watcher, &news)) == COPP_OK) {
        if (news.kind == COPP_SOCKET_SESSION)
            *known = (struct known){true, news.u.session.hdcp};
        if (news.kind == COPP_SOCKET_ENDED)
            *known = (struct known){false, 0};
    }
    assert_int_equal(result, COPP_E_PENDING);
}

static struct copp_socket *watch(struct kit *kit) {
    const struct copp_socket_config where = {.size = sizeof where, .path = kit->socket, .answer_ms = 20000};
    struct copp_socket *watcher;
    assert_int_equal(copp_socket_connect(&where, &watcher), COPP_OK);
    assert_int_equal(copp_socket_watch(watcher), COPP_OK);
    return watcher;
}

/* Another one that begins to watch takes nothing away from those who do. */
static void whoever_watches_later_hides_nothing(void) {
    struct kit kit;
    struct player player;
    struct known first = {.there = false};
    struct known second = {.there = false};
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    struct copp_socket *watchers[2] = {watch(&kit)};
    player_begin(&kit, "HDMI-1", &player);
    use_up_the_news(&kit);
    assert_int_equal(copp_session_set_protection_level(player.session, HDCP, 1), COPP_OK);
    watchers[1] = watch(&kit);
    sleep_ms(SLOW_MS);
    learn(watchers[0], &first);
    learn(watchers[1], &second);
    assert_int_equal(first.hdcp, 1);
    assert_int_equal(second.hdcp, 1);
    use_up_the_news(&kit);
    player_end(&player);
    sleep_ms(SLOW_MS);
    learn(watchers[0], &first);
    learn(watchers[1], &second);
    assert_false(first.there || second.there);
    copp_socket_close(&watchers[0]);
    copp_socket_close(&watchers[1]);
    kit_end(&kit);
}

/* A session that is held back: nobody keeps it who is not told of its end, and it is there for whoever comes then. */
static void what_is_held_back_ends_or_is_told(void) {
    struct kit kit;
    struct player player;
    struct known known = {.there = false};
    kit_make(&kit, "connections_per_second = 0\n");
    kit_start(&kit);
    struct copp_socket *watcher = watch(&kit);
    use_up_the_news(&kit);
    player_begin(&kit, "HDMI-1", &player);
    struct copp_socket *late = watch(&kit);
    player_end(&player);
    sleep_ms(SLOW_MS);
    learn(late, &known);
    assert_false(known.there);
    use_up_the_news(&kit);
    player_begin(&kit, "HDMI-1", &player);
    copp_socket_close(&watcher);
    copp_socket_close(&late);
    sleep_ms(SLOW_MS);
    watcher = watch(&kit);
    sleep_ms(SLOW_MS);
    learn(watcher, &known);
    assert_true(known.there);
    copp_socket_close(&watcher);
    player_end(&player);
    kit_end(&kit);
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_flood_of_questions_and_connections, ""),
        TEST(one_session_gets_as_much_as_many, ""),
        TEST(handshakes_count_for_more, ""),
        TEST(a_connector_that_hangs_is_passed_on, "CMD-6"),
        TEST(and_so_it_is_where_the_flooder_hangs_up, "CMD-6"),
        TEST(nobody_waits_for_ever, "CMD-6"),
        TEST(refusals_are_summed, ""),
        TEST(changes_are_summed, ""),
        TEST(beginnings_and_ends_are_summed, ""),
        TEST(metrics_are_told_under_a_flood, ""),
        TEST(whoever_watches_later_hides_nothing, ""),
        TEST(what_is_held_back_ends_or_is_told, ""),
    };
    return RUN_SUITE("daemon_fair", cases);
}
