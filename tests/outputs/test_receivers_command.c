/* copp receivers --direct, on a card made by umockdev: HDMI-A-1 has a bus without a node, DP-1 a channel with registers in a file. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>
#include <xf86drmMode.h>

#include "../unit/harness.h"
#include "fake_drm.h"
#include "transports/socket/packet.h"

#define RECORDER "\xcd\x1a\xf2\x1e\x51" /* revoked by the kernel's test message */

struct world {
    struct fake_drm *drm;
    const char *root; /* of the testbed */
    char node[256];
    char text[4096]; /* what copp printed, errors included */
    int status;
};

static void make(const struct world *world, const char *name, const char *content) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", world->root, name);
    if (!content) {
        (void)mkdir(path, 0755);
        return;
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(content, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void set_registers(const struct world *world, off_t offset, const char *bytes, size_t size) {
    int fd = open(world->node, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, size, offset), size);
    assert_int_equal(close(fd), 0);
}

static void begin(struct world *world) {
    char path[256];
    world->drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true});
    world->root = getenv("UMOCKDEV_DIR");
    assert_non_null(world->root);
    (void)snprintf(world->node, sizeof world->node, "%s/dev/drm_dp_aux0", world->root);
    make(world, "sys/class", NULL);
    make(world, "sys/class/drm", NULL);
    make(world, "sys/class/drm/card0-DP-1", NULL);
    make(world, "sys/class/drm/card0-DP-1/drm_dp_aux0", NULL);
    make(world, "sys/class/drm/card0-DP-1/drm_dp_aux0/name", "AUX A\n");
    make(world, "sys/class/drm/card0-HDMI-A-1", NULL);
    (void)snprintf(path, sizeof path, "%s/sys/class/drm/card0-HDMI-A-1/ddc", world->root);
    assert_int_equal(symlink("../../../i2c-77", path), 0);
    set_registers(world, 0x69200, "", 1);
    assert_int_equal(truncate(world->node, 0x69300), 0);
    set_registers(world, 0x68000, RECORDER, 5);
    set_registers(world, 0x68028, "\x03", 1);
    set_registers(world, 0x6802a, "\x02\x01", 2);
}

static void end(struct world *world) {
    const struct fake_card *card = fake_drm_hold(world->drm);
    bool master = card->master;
    bool probed = card->probed;
    bool too_bold = card->too_bold;
    fake_drm_release(world->drm);
    fake_drm_free(&world->drm);
    assert_false(master || probed || too_bold);
}

/* copp receivers --direct, with these options. */
static void run_as(struct world *world, const char *options) {
    char command[1024];
    (void)snprintf(command, sizeof command, "COPP_RECEIVER_PROGRAM='%s' '%s' receivers %s 2>&1", COPP_READ_RECEIVER, COPP_TOOL,
                   options);
    FILE *output = popen(command, "r");
    assert_non_null(output);
    world->text[fread(world->text, 1, sizeof world->text - 1, output)] = 0;
    int status = pclose(output);
    assert_true(WIFEXITED(status));
    world->status = WEXITSTATUS(status);
}

static void run(struct world *world, const char *options) {
    char direct[768];
    (void)snprintf(direct, sizeof direct, "--direct %s", options);
    run_as(world, direct);
}

static void assert_says(const struct world *world, const char *text) {
    if (!strstr(world->text, text))
        fail_msg("not there: %s\nin: %s", text, world->text);
}

static void each_output_in_its_words(void) {
    struct world world;
    begin(&world);
    run(&world, "");
    assert_int_equal(world.status, 2); /* one of them could not be read */
    assert_says(&world, "card0-DP-1      yes         no        yes       2        511ef21acd  not checked\n");
    assert_says(&world, "card0-VGA-1     no display  -         -         -        -           -\n");
    assert_says(&world, "card0-HDMI-A-1  ?           -         -         -        -           -\n");
    assert_says(&world, "copp: card0-HDMI-A-1: the receiver cannot be read: its bus has no device node\n");
    assert_says(&world, "copp: remedy: load the kernel's module i2c-dev (modprobe i2c-dev)\n");
    assert_null(strstr(world.text, "eDP-1:")); /* a panel inside needs no HDCP (APP-4) */
    end(&world);
}

/* What COPP has no type for may be a socket of a television: it needs a receiver where it offers HDCP. */
static void outputs_of_unknown_kinds(void) {
    struct world world;
    begin(&world);
    fake_drm_hold(world.drm)->connectors[FAKE_EDP].drm_type = DRM_MODE_CONNECTOR_DSI;
    fake_drm_release(world.drm);
    run(&world, "");
    assert_null(strstr(world.text, "DSI-1:"));
    struct fake_connector *connector = &fake_drm_hold(world.drm)->connectors[FAKE_EDP];
    connector->drm_type = DRM_MODE_CONNECTOR_USB;
    connector->protection = true;
    fake_drm_release(world.drm);
    run(&world, "");
    assert_says(&world, "card0-USB-1: the receiver cannot be read: the kernel names no bus");
    end(&world);
}

static void without_coppd_it_names_the_way_that_needs_none(void) {
    struct world world;
    begin(&world);
    run_as(&world, "--device unix:/nonexistent/socket");
    assert_int_equal(world.status, 2);
    assert_says(&world, "copp: /nonexistent/socket: no coppd listens there\n");
    assert_says(&world,
                "remedy: start coppd (systemctl start coppd.socket), or read without it: copp receivers --direct, as root\n");
    end(&world);
}

static void a_revoked_receiver_is_an_answer(void) {
    struct world world;
    char options[512];
    char *message = test_path("vectors/srm-facsimile.bin");
    begin(&world);
    (void)snprintf(options, sizeof options, "--srm '%s' --srm-key facsimile", message);
    run(&world, options);
    assert_int_equal(world.status, 1);
    assert_says(&world, "511ef21acd  yes\n");
    assert_says(&world, "copp: card0-DP-1: ");
    assert_says(&world, "(APP-2)\n");
    set_registers(&world, 0x68000, "\x14\xf7\x61\x03\xb7", 5);
    run(&world, options);
    assert_int_equal(world.status, 2);
    assert_says(&world, "b70361f714  no\n");
    free(message);
    end(&world);
}

/* --- a coppd that does not tell KSVs, as to ordinary users --- */

static void answer_list(int fd) {
    uint8_t packet[PACKET_HEADER_SIZE + PACKET_CONNECTOR_SIZE];
    const struct copp_socket_connector display = {.size = sizeof display,
                                                  .name = "card0-DP-1",
                                                  .connector_type = COPP_CONNECTOR_DISPLAYPORT_EXTERNAL,
                                                  .protection_types = COPP_PROTECTION_TYPE_HDCP,
                                                  .real = true,
                                                  .plugged = true,
                                                  .receiver = COPP_SOCKET_RECEIVER_READ,
                                                  .receiver_flags = COPP_SOCKET_RECEIVER_HDCP1 | COPP_SOCKET_RECEIVER_KSV_VALID};
    while (recv(fd, packet, sizeof packet, 0) >= (ssize_t)(PACKET_HEADER_SIZE + 4)) {
        bool first = packet[PACKET_HEADER_SIZE] == 0;
        const struct packet_header header = {PACKET_VERSION, PACKET_LIST | PACKET_ANSWER,
                                             first ? COPP_HR_OK : COPP_HR_INVALIDARG};
        copp_packet_header_encode(&header, packet);
        copp_packet_connector_encode(&display, packet + PACKET_HEADER_SIZE);
        (void)send(fd, packet, first ? sizeof packet : PACKET_HEADER_SIZE, MSG_NOSIGNAL);
    }
}

static pid_t start_coppd(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    assert_int_equal(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 8), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int fd; (fd = accept(listening, NULL, NULL)) >= 0; (void)close(fd))
            answer_list(fd);
        _Exit(1);
    }
    assert_int_equal(close(listening), 0);
    return pid;
}

/* A KSV that is not told may be a revoked one: no answer is no "no". */
static void a_key_that_is_not_told_cannot_be_looked_up(void) {
    struct world world;
    char directory[] = "/tmp/copp-receivers-XXXXXX";
    char path[64];
    char options[512];
    char *message = test_path("vectors/srm-facsimile.bin");
    begin(&world);
    assert_non_null(mkdtemp(directory));
    (void)snprintf(path, sizeof path, "%s/socket", directory);
    pid_t coppd = start_coppd(path);
    (void)snprintf(options, sizeof options, "--device unix:%s", path);
    run_as(&world, options);
    assert_int_equal(world.status, 0); /* nothing is looked up */
    assert_says(&world, "for root  not checked\n");
    (void)snprintf(options, sizeof options, "--device unix:%s --srm '%s' --srm-key facsimile", path, message);
    run_as(&world, options);
    assert_int_equal(world.status, 2);
    assert_says(&world, "card0-DP-1: the receiver cannot be looked up: coppd shows its KSV only to root and to its own user\n");
    assert_says(&world, "copp: remedy: run it as root\n");
    assert_int_equal(kill(coppd, SIGKILL), 0);
    assert_int_equal(waitpid(coppd, NULL, 0), coppd);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    free(message);
    end(&world);
}

static void as_json(void) {
    struct world world;
    begin(&world);
    run(&world, "--json");
    assert_int_equal(world.status, 2);
    json_t *all = json_loads(world.text, 0, NULL);
    assert_non_null(all);
    json_t *display = json_array_get(json_object_get(all, "receivers"), 1);
    assert_string_equal(json_string_value(json_object_get(display, "output")), "card0-DP-1");
    assert_true(json_is_true(json_object_get(display, "read")));
    assert_true(json_is_null(json_object_get(display, "error")));
    assert_true(json_is_true(json_object_get(display, "repeater")));
    assert_int_equal(json_integer_value(json_object_get(display, "devices")), 2);
    assert_string_equal(json_string_value(json_object_get(display, "ksv")), "511ef21acd");
    assert_true(json_is_null(json_object_get(display, "revoked")));
    display = json_array_get(json_object_get(all, "receivers"), 0);
    assert_true(json_is_false(json_object_get(display, "read")));
    assert_non_null(json_string_value(json_object_get(display, "remedy")));
    json_decref(all);
    end(&world);
}

static void an_authenticating_driver_is_left_alone(void) {
    struct world world;
    begin(&world);
    fake_drm_set_protection(world.drm, FAKE_DP, 1);
    assert_int_equal(unlink(world.node), 0);
    assert_int_equal(mkfifo(world.node, 0600), 0); /* who reads it hangs */
    run(&world, "");
    assert_int_equal(world.status, 2);
    assert_says(&world, "card0-DP-1: the receiver cannot be read now: its driver is authenticating it\n");
    fake_drm_set_protection(world.drm, FAKE_DP, 2);
    run(&world, "");
    assert_says(&world, "card0-DP-1: the receiver cannot be read: its bus does not answer in time\n");
    end(&world);
}

static const struct test_case cases[] = {
    TEST(each_output_in_its_words, "APP-1"),
    TEST(without_coppd_it_names_the_way_that_needs_none, ""),
    TEST(outputs_of_unknown_kinds, "APP-1"),
    TEST(a_revoked_receiver_is_an_answer, "APP-2"),
    TEST(as_json, ""),
    TEST(an_authenticating_driver_is_left_alone, ""),
    TEST(a_key_that_is_not_told_cannot_be_looked_up, "APP-2"),
};

int main(void) {
    return RUN_SUITE("receivers_command", cases);
}
