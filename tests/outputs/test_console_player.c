/* examples/kms, the player on a console, against a card made by umockdev: the test is the display that refreshes. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <drm.h>

#include "fake_drm.h"

#define PATIENCE_MS 30000u

struct scene {
    struct fake_drm *drm;
    pid_t player;
    int lines; /* what the player writes */
    bool flipping; /* it waits for a refresh */
    bool picture; /* its last flip shows the picture */
    unsigned flips;
    unsigned pictures; /* flips that showed it */
};

static uint64_t now_ms(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000u + (uint64_t)t.tv_nsec / 1000000u;
}

static void become_player(const char *way, int lines) {
    char *chain = test_path("vectors/chain-good.xml");
    char *key = test_path("vectors/leaf.pem");
    char *anchor = test_path("vectors/root-modulus.b64");
    (void)dup2(lines, STDOUT_FILENO);
    if (way)
        (void)execl(COPP_CONSOLE_PLAYER, "console-player", way, "/dev/dri/card0", "HDMI-A-1", chain, key, anchor, (char *)NULL);
    else
        (void)execl(COPP_CONSOLE_PLAYER, "console-player", "/dev/dri/card0", "HDMI-A-1", chain, key, anchor, (char *)NULL);
    _exit(99);
}

static void scene_begin(struct scene *scene, const char *way) {
    int ends[2];
    *scene = (struct scene){.drm = fake_drm_new(&(struct fake_drm_setup){.atomic = true})};
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    scene->player = fork();
    assert_true(scene->player >= 0);
    if (scene->player == 0)
        become_player(way, ends[1]);
    (void)close(ends[1]);
    scene->lines = ends[0];
}

/* One line of the player's; false: there has been none for a moment, or it has ended. */
static bool read_line(const struct scene *scene, char *line, size_t size) {
    struct pollfd fd = {.fd = scene->lines, .events = POLLIN};
    size_t used = 0;
    if (poll(&fd, 1, 10) <= 0)
        return false;
    while (used + 1 < size && read(scene->lines, line + used, 1) == 1 && line[used] != '\n')
        used++;
    line[used] = 0;
    return used > 0;
}

/* Hears of the player's next flip, if there is one just now. */
static bool hear_flip(struct scene *scene) {
    char line[600];
    int picture;
    if (!read_line(scene, line, sizeof line) || sscanf(line, "flip %d", &picture) != 1)
        return false;
    assert_false(scene->flipping); /* it waits for the refresh */
    scene->flipping = true;
    scene->picture = picture != 0;
    scene->flips++;
    scene->pictures += scene->picture;
    return true;
}

static void refresh(struct scene *scene) {
    scene->flipping = false;
    fake_drm_event(scene->drm, "v\n");
}

typedef bool condition(const struct scene *scene);

/* Refreshes the display until something is so. */
static void run_until(struct scene *scene, condition *is_so) {
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    while (!is_so(scene)) {
        assert_true(now_ms() < end_ms);
        if (scene->flipping)
            refresh(scene);
        (void)hear_flip(scene);
    }
}

static bool is_desired(const struct scene *scene) {
    return fake_drm_protection(scene->drm, FAKE_HDMI) == 1;
}

static bool is_undesired(const struct scene *scene) {
    return fake_drm_protection(scene->drm, FAKE_HDMI) == 0;
}

static bool shows_picture(const struct scene *scene) {
    return scene->flipping && scene->picture;
}

static unsigned reads(const struct scene *scene) {
    unsigned count = fake_drm_hold(scene->drm)->asked[_IOC_NR(DRM_IOCTL_MODE_OBJ_GETPROPERTIES)];
    fake_drm_release(scene->drm);
    return count;
}

static void wait_for_read(const struct scene *scene) {
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    for (unsigned before = reads(scene); reads(scene) == before;) {
        assert_true(now_ms() < end_ms);
        (void)poll(NULL, 0, 1);
    }
}

/* The driver authenticates. No picture before. */
static void enable(struct scene *scene) {
    unsigned pictures = scene->pictures;
    run_until(scene, is_desired);
    assert_int_equal(scene->pictures, pictures);
    fake_drm_set_protection(scene->drm, FAKE_HDMI, 2);
    fake_drm_tell(scene->drm, FAKE_HDMI);
    for (unsigned i = 0; i < 5; i++) {
        if (scene->flipping)
            refresh(scene);
        run_until(scene, shows_picture);
    }
}

/* A flip to the picture is under way when the link is lost. Once the player has seen that, the next one is to black. */
static void lose(struct scene *scene, bool with_uevent) {
    run_until(scene, shows_picture);
    fake_drm_set_protection(scene->drm, FAKE_HDMI, 1);
    if (with_uevent)
        fake_drm_tell(scene->drm, FAKE_HDMI);
    wait_for_read(scene);
    unsigned flips = scene->flips;
    refresh(scene);
    uint64_t end_ms = now_ms() + PATIENCE_MS;
    while (!hear_flip(scene))
        assert_true(now_ms() < end_ms);
    assert_int_equal(scene->flips, flips + 1);
    assert_false(scene->picture);
}

static void scene_end(struct scene *scene) {
    int status = 0;
    assert_int_equal(kill(scene->player, SIGTERM), 0);
    for (uint64_t end_ms = now_ms() + PATIENCE_MS; waitpid(scene->player, &status, WNOHANG) == 0;) {
        assert_true(now_ms() < end_ms);
        if (scene->flipping)
            refresh(scene);
        (void)hear_flip(scene);
    }
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(is_undesired(scene));
    (void)close(scene->lines);
    fake_drm_free(&scene->drm);
}

static void plays_only_while_protected(const char *way) {
    struct scene scene;
    scene_begin(&scene, way);
    enable(&scene);
    lose(&scene, true);
    run_until(&scene, is_undesired); /* the session is over (EVT-4), and its level with it */
    enable(&scene);
    lose(&scene, false);
    run_until(&scene, is_undesired);
    enable(&scene);
    scene_end(&scene);
}

static void plays_only_while_protected_by_the_library(void) {
    plays_only_while_protected(NULL);
}

static void plays_only_while_protected_by_its_own_commits(void) {
    plays_only_while_protected("--host-commits");
}

static bool has_tried(const struct scene *scene) {
    return reads(scene) > 20;
}

static void nothing_plugged_in_stays_black(void) {
    struct scene scene;
    scene_begin(&scene, "--host-commits");
    fake_drm_hold(scene.drm)->connectors[FAKE_HDMI].connected = false;
    fake_drm_release(scene.drm);
    run_until(&scene, has_tried);
    assert_int_equal(scene.pictures, 0);
    assert_true(is_undesired(&scene));
    scene_end(&scene);
}

static const struct test_case cases[] = {
    TEST(plays_only_while_protected_by_the_library, "APP-3 EVT-4"),
    TEST(plays_only_while_protected_by_its_own_commits, "APP-3 EVT-4"),
    TEST(nothing_plugged_in_stays_black, "CMD-4"),
};

int main(void) {
    return RUN_SUITE("console_player", cases);
}
