/*
 * What fork() leaves of sessions, devices and random numbers to the child (SES-2, QRY-3, QRY-4, EVT-5). Its variant "unwiped"
 * runs on a kernel that has no page which it wipes: there a child that was not made by the C library's fork() is not told apart.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fork.h"
#include "device_rig.h"
#include "fake_driver.h"
#include "session/internal.h"

#ifdef COPP_TEST_UNWIPED
int __wrap_madvise(void *address, size_t size, int advice);
int __wrap_madvise(void *address, size_t size, int advice) {
    (void)address;
    (void)size;
    (void)advice;
    errno = EINVAL; /* before Linux 4.14 */
    return -1;
}
#define WAYS 1
#else
#define WAYS 2
#endif

static bool no_entropy;
int __real_getentropy(void *bytes, size_t size);
int __wrap_getentropy(void *bytes, size_t size);
int __wrap_getentropy(void *bytes, size_t size) {
    return no_entropy ? -1 : __real_getentropy(bytes, size);
}

/* Way 1 goes past the C library, which then calls nobody. */
static pid_t fork_by(int way) {
    return way == 0 ? fork() : (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void assert_good(pid_t pid) {
    int status;
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static struct copp_session *protected_session(struct fake_driver *driver) {
    const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};
    fake_driver_init(driver);
    struct copp_session *session =
        fake_session(driver, &(struct copp_session_config){.size = sizeof(struct copp_session_config), .form = COPP_FORM_SWAP40});
    assert_int_equal(copp_session_protect(session, &film, 0), COPP_STOP_NONE);
    return session;
}

/* In the child: nothing is sent, whatever is called first, and freeing works. The number of the call that went otherwise. */
static int child_of_a_session(struct copp_session *session, struct fake_driver *driver, int first) {
    const struct copp_requirement film = {.size = sizeof film, .hdcp = 1};
    const unsigned sent = driver->queries + driver->commands;
    struct copp_poll watch = {.size = sizeof watch};
    uint32_t word;
    for (int call = first; call < first + 5; call++) {
        bool good = false;
        switch (call % 5) {
        case 0:
            good = copp_session_connector_type(session, &word) == COPP_E_FORKED;
            break;
        case 1:
            good = copp_session_set_protection_level(session, COPP_PROTECTION_TYPE_HDCP, 0) == COPP_E_FORKED;
            break;
        case 2:
            copp_session_poll(session, 0, &watch);
            good = watch.state == COPP_POLL_STOP;
            break;
        case 3:
            good = copp_session_unprotect(session) == COPP_E_FORKED;
            break;
        default:
            good = copp_session_protect(session, &film, 0) != COPP_STOP_NONE;
            break;
        }
        if (!good || driver->queries + driver->commands != sent)
            return call + 1;
    }
    copp_session_free(&session);
    return session ? 99 : 0;
}

static void a_child_has_no_session(void) {
    for (int round = 0; round < 5 * WAYS; round++) {
        struct fake_driver driver;
        struct copp_poll watch = {.size = sizeof watch};
        uint32_t word;
        struct copp_session *session = protected_session(&driver);
        pid_t pid = fork_by(round / 5);
        if (pid == 0)
            _exit(child_of_a_session(session, &driver, round % 5));
        assert_good(pid);
        copp_session_poll(session, 100, &watch); /* the parent goes on */
        assert_int_equal(watch.state, COPP_POLL_PROTECTED);
        assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
        assert_int_equal(copp_session_unprotect(session), COPP_OK);
        copp_session_free(&session);
        fake_driver_end(&driver);
    }
}

/* One without anything held, and one that has not begun. */
static void a_child_has_no_idle_session_either(void) {
    struct fake_driver driver;
    struct copp_session *session;
    const struct copp_public_key anchor = test_anchor();
    const struct copp_session_config config = {.size = sizeof config, .anchor = &anchor};
    fake_driver_init(&driver);
    assert_int_equal(copp_session_new(&config, &driver.transport, &session), COPP_OK);
    for (int way = 0; way < WAYS; way++) {
        pid_t pid = fork_by(way);
        if (pid == 0)
            _exit(copp_session_unprotect(session) != COPP_E_FORKED || copp_session_establish(session, NULL) != COPP_E_FORKED ||
                  driver.exchanges != 0);
        assert_good(pid);
    }
    assert_int_equal(copp_session_establish(session, NULL), COPP_OK);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

/* A grandchild has neither its parent's sessions nor its grandparent's; what each makes itself is its own. */
static int generations(struct copp_session *session, int left) {
    struct fake_driver driver;
    uint32_t word;
    if (copp_session_connector_type(session, &word) != COPP_E_FORKED)
        return 1;
    if (left == 0)
        return 0;
    struct copp_session *own = protected_session(&driver);
    if (copp_session_connector_type(own, &word) != COPP_OK)
        return 2;
    pid_t pid = fork_by(left % WAYS);
    if (pid == 0)
        _exit(generations(own, left - 1));
    int status;
    bool good = waitpid(pid, &status, 0) == pid && status == 0 && copp_session_connector_type(own, &word) == COPP_OK;
    copp_session_free(&own);
    fake_driver_end(&driver);
    return good ? 0 : 3;
}

static void every_generation_has_its_own(void) {
    struct fake_driver driver;
    struct copp_session *session = protected_session(&driver);
    pid_t pid = fork_by(0);
    if (pid == 0)
        _exit(generations(session, 4));
    assert_good(pid);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

static int tells_itself_apart(void *context) {
    const uint32_t *before = context;
    return copp_process() != *before;
}

/* It shares the memory: what it would note there would be the parent's. */
static void a_child_of_vfork_changes_nothing(void) {
    struct fake_driver driver;
    uint32_t word;
    struct copp_session *session = protected_session(&driver);
    static char stack[65536] __attribute__((aligned(16)));
    uint32_t before = copp_process();
    assert_good(clone(tells_itself_apart, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &before)); /* what vfork() is */
    assert_int_equal(copp_process(), before);
    assert_int_equal(copp_session_connector_type(session, &word), COPP_OK);
    copp_session_free(&session);
    fake_driver_end(&driver);
}

/* --- the driver's side --- */

static bool draw(struct copp_device *device, uint8_t *random) {
    uint8_t chain[sizeof rig_chain];
    uint32_t length;
    return copp_device_get_certificate_length(device, &length) == COPP_HR_OK &&
           copp_device_key_exchange(device, random, chain) == COPP_HR_OK;
}

/* What the child draws, of a source that answers the same in both, comes back through numbers. */
static int child_of_an_adapter(struct rig *rig, struct copp_device *old, uint8_t *numbers) {
    struct copp_device *device;
    struct copp_status_input input = {{0}};
    struct copp_status_output output;
    struct copp_command command = {{0}};
    uint32_t length;
    const unsigned told = rig->output.applies + rig->output.cancels;
    if (copp_device_get_certificate_length(old, &length) != COPP_HR_UNEXPECTED ||
        copp_device_status(old, &input, &output) != COPP_HR_UNEXPECTED ||
        copp_device_command(old, &command, 0) != COPP_HR_UNEXPECTED || copp_device_command_result(old) != COPP_HR_UNEXPECTED)
        return 1;
    if (copp_device_open(rig->connector, &device) != COPP_OK || !draw(device, numbers))
        return 2;
    copp_device_close(&old);
    if (rig->output.applies + rig->output.cancels != told) /* what it has in force is the parent's */
        return 3;
    copp_device_close(&device);
    no_entropy = true;
    if (copp_device_open(rig->connector, &device) != COPP_OK || draw(device, numbers + COPP_RANDOM_SIZE))
        return 4;
    copp_device_close(&device);
    return 0;
}

static void random_numbers_never_repeat(void) {
    for (int way = 0; way < WAYS; way++) {
        struct rig rig;
        struct copp_device *device;
        struct copp_device *second;
        uint8_t random[COPP_RANDOM_SIZE];
        uint8_t *numbers = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(numbers, MAP_FAILED);
        rig_init(&rig, NULL);
        assert_int_equal(copp_device_open(rig.connector, &device), COPP_OK);
        for (int child = 0; child < 2; child++) {
            pid_t pid = fork_by(way);
            if (pid == 0)
                _exit(child_of_an_adapter(&rig, device, numbers + child * 64));
            assert_good(pid);
        }
        assert_true(draw(device, random)); /* the parent's goes on */
        assert_int_equal(copp_device_open(rig.connector, &second), COPP_OK);
        assert_memory_not_equal(numbers, random, sizeof random);
        assert_memory_not_equal(numbers + 64, random, sizeof random);
        assert_memory_not_equal(numbers, numbers + 64, sizeof random);
        copp_device_close(&second);
        copp_device_close(&device);
        rig_end(&rig);
        munmap(numbers, 4096);
    }
}

/* In a child, a device that was opened before cannot be given the secrets that the parent's was sent. */
static void a_handshake_is_for_one_process(void) {
    for (int way = 0; way < WAYS; way++) {
        struct rig rig;
        struct copp_device *device;
        uint8_t random[COPP_RANDOM_SIZE];
        struct copp_signature signature = {{0}};
        rig_init(&rig, NULL);
        assert_int_equal(copp_device_open(rig.connector, &device), COPP_OK);
        assert_true(draw(device, random));
        memcpy(signature.bytes, random, sizeof random); /* rig_key leaves a number as it is */
        pid_t pid = fork_by(way);
        if (pid == 0)
            _exit(copp_device_sequence_start(device, &signature) == COPP_HR_OK);
        assert_good(pid);
        copp_device_close(&device);
        rig_end(&rig);
    }
}

/* A descriptor is closed in a child as fork() makes it; one that was given back is somebody else's. */
static void descriptors_are_closed_in_a_child(void) {
    struct copp_private_fd files[3];
    int ends[2];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pipe(ends), 0);
        files[i].fd = ends[1];
        close(ends[0]);
        copp_private_fd_add(&files[i]);
    }
    copp_private_fd_remove(&files[1]);
    const int kept = files[1].fd;
    const int closed[] = {files[0].fd, files[2].fd};
    pid_t pid = fork();
    if (pid == 0) {
        bool good = files[0].fd == -1 && files[2].fd == -1 && close(closed[0]) != 0 && close(closed[1]) != 0 && close(kept) == 0;
        copp_private_fd_remove(&files[0]); /* harmless */
        _exit(!good);
    }
    assert_good(pid);
    for (int i = 0; i < 3; i++) {
        if (i != 1)
            copp_private_fd_remove(&files[i]);
        assert_int_equal(close(files[i].fd), 0);
    }
}

int main(void) {
    static const struct test_case cases[] = {
        TEST(a_child_has_no_session, "QRY-4"),
        TEST(a_child_has_no_idle_session_either, "QRY-4"),
        TEST(every_generation_has_its_own, "QRY-4"),
        TEST(a_child_of_vfork_changes_nothing, ""),
        TEST(random_numbers_never_repeat, "SES-2"),
        TEST(a_handshake_is_for_one_process, "SES-3"),
        TEST(descriptors_are_closed_in_a_child, "EVT-5"),
    };
    return RUN_SUITE("fork", cases);
}
