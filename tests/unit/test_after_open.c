/*
 * What an open device asks of the system (device.h). With a random source and a key that are handed in that is nothing: no
 * memory, no lock, no system call. The defaults are the crypto library's, which asks for some of it.
 *
 * Each scene plays in a process of its own, so that an earlier one has set nothing up. The C library's allocator and locks are
 * replaced here, for the crypto library too. System calls are counted by the test itself, which traces that process.
 */
#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "after_open.h"
#include "base/fork.h"
#include "crypto/oaep.h"

#define HDCP COPP_PROTECTION_TYPE_HDCP
#define ACP COPP_PROTECTION_TYPE_ACP
#define CGMSA COPP_PROTECTION_TYPE_CGMSA

#define CALLERS_MAX 4096

/* Shared with the process in which the scene plays. */
struct usage {
    _Atomic(enum phase) phase;
    struct counts {
        unsigned allocations;
        unsigned frees;
        unsigned locks;
        unsigned random_calls; /* getrandom */
        unsigned harmless_calls; /* which neither open, read nor wait for anything */
        unsigned other_calls;
        long other_call; /* the last of them */
    } of[PHASES];
    unsigned strangers; /* allocations that the crypto library has not asked for */
};
static struct usage *usage;

static const void *callers[CALLERS_MAX]; /* of the allocator, while measured */
static size_t caller_count;

/* --- in the C library's place --- */

#define INSTEAD __attribute__((visibility("default")))

static struct counts *counts(void) {
    enum phase phase = usage ? usage->phase : NOT_MEASURED;
    return phase == NOT_MEASURED ? NULL : &usage->of[phase];
}

static void count_allocation(const void *caller) {
    struct counts *now = counts();
    if (!now)
        return;
    now->allocations++;
    if (caller_count < CALLERS_MAX)
        callers[caller_count++] = caller;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *memory);

INSTEAD void *malloc(size_t size) {
    count_allocation(__builtin_return_address(0));
    return __libc_malloc(size);
}

INSTEAD void *calloc(size_t count, size_t size) {
    count_allocation(__builtin_return_address(0));
    return __libc_calloc(count, size);
}

INSTEAD void *realloc(void *memory, size_t size) {
    count_allocation(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

INSTEAD void *aligned_alloc(size_t alignment, size_t size) {
    count_allocation(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

INSTEAD int posix_memalign(void **memory, size_t alignment, size_t size) {
    count_allocation(__builtin_return_address(0));
    *memory = __libc_memalign(alignment, size);
    return *memory ? 0 : ENOMEM;
}

INSTEAD void free(void *memory) {
    struct counts *now = memory ? counts() : NULL;
    if (now)
        now->frees++;
    __libc_free(memory);
}

/* The C library's own function of that name. */
#define COUNT_AND_CALL(name, lock)                                                                                               \
    static int (*real)(__typeof__(lock));                                                                                        \
    count_lock();                                                                                                                \
    if (!real)                                                                                                                   \
        real = (int (*)(__typeof__(lock)))dlsym(RTLD_NEXT, #name);                                                               \
    return real(lock)

static void count_lock(void) {
    struct counts *now = counts();
    if (now)
        now->locks++;
}

INSTEAD int pthread_mutex_lock(pthread_mutex_t *lock) {
    COUNT_AND_CALL(pthread_mutex_lock, lock);
}

INSTEAD int pthread_mutex_trylock(pthread_mutex_t *lock) {
    COUNT_AND_CALL(pthread_mutex_trylock, lock);
}

INSTEAD int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
    COUNT_AND_CALL(pthread_rwlock_rdlock, lock);
}

INSTEAD int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
    COUNT_AND_CALL(pthread_rwlock_wrlock, lock);
}

INSTEAD int pthread_spin_lock(pthread_spinlock_t *lock) {
    COUNT_AND_CALL(pthread_spin_lock, lock);
}

/* --- the process in which a scene plays --- */

void measure(enum phase phase) {
    usage->phase = phase;
}

/* Ends what is measured. cmocka's own assertions would go on with the next test, in this process. */
void must_at(const char *file, int line, bool good) {
    measure(NOT_MEASURED);
    if (good)
        return;
    (void)fprintf(stderr, "%s:%d: the scene has failed\n", file, line);
    _exit(1);
}
/* Where it is to be found, of libcrypto's and libgcrypt's two. */
static bool is_cryptos(const void *caller) {
    static const char *const names[] = {"/libcrypto.", "/libgcrypt.", "/libgpg-error."};
    Dl_info info;
    for (size_t i = 0; dladdr(caller, &info) && i < sizeof names / sizeof names[0]; i++) {
        if (strstr(info.dli_fname, names[i]))
            return true;
    }
    return false;
}

static void begin_handed_in(struct scene *scene) {
    rig_init(&scene->rig, NULL);
    app_open(&scene->app, scene->rig.connector);
}

/* The crypto library's random numbers; the key is the scene's own, or the rig's. */
static void begin_with_default_random(struct scene *scene) {
    rig_init(&scene->rig, NULL);
    copp_adapter_free(&scene->rig.adapter);
    struct copp_private_key *key = scene->own_key ? scene->own_key : &scene->rig.key.key;
    const struct copp_adapter_config adapter = {
        .size = sizeof adapter, .chain_bytes = rig_chain, .chain_size = sizeof rig_chain, .key = key};
    struct copp_connector_config connector = rig_config();
    connector.output = &scene->rig.output.output;
    must(!copp_adapter_new(&adapter, &scene->rig.adapter));
    must(!copp_connector_add(scene->rig.adapter, &connector, &scene->rig.connector));
    app_open(&scene->app, scene->rig.connector);
}

static void begin_with_defaults(struct scene *scene) {
    scene->own_key = test_private_key("leaf.pem");
    begin_with_default_random(scene);
}

/* As a player has it; not measured. */
static struct copp_signature sealed(const struct scene *scene) {
    if (!scene->own_key)
        return app_signature(&scene->app);
    struct copp_public_key leaf;
    struct copp_signature signature = {0};
    struct copp_handshake handshake = {.status_sequence = scene->app.status_sequence,
                                       .command_sequence = scene->app.command_sequence};
    memcpy(handshake.random, scene->app.random, sizeof handshake.random);
    memcpy(handshake.session_key, scene->app.key, sizeof handshake.session_key);
    must(!scene->own_key->ops->public_key(scene->own_key, &leaf) &&
         !copp_handshake_seal(&handshake, COPP_FORM_SWAP40, &leaf, &signature));
    return signature;
}

static void play_handshake(struct scene *scene) {
    struct copp_device *device = scene->app.device;
    uint32_t length = 0;
    uint8_t chain_bytes[sizeof rig_chain];
    measure(HANDSHAKE);
    must(copp_device_get_certificate_length(device, &length) == COPP_HR_OK && length == sizeof chain_bytes);
    measure(HANDSHAKE);
    must(copp_device_key_exchange(device, scene->app.random, chain_bytes) == COPP_HR_OK);
    const struct copp_signature signature = sealed(scene);
    measure(HANDSHAKE);
    must(copp_device_sequence_start(device, &signature) == COPP_HR_OK);
}

static void set_level(struct app *app, uint32_t type, uint32_t level, uint32_t expected) {
    uint8_t data[COPP_SET_PROTECTION_LEVEL_SIZE] = {0};
    put_u32(data + IN_SET_TYPE, type);
    put_u32(data + IN_SET_LEVEL, level);
    const struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, data, sizeof data);
    measure(SESSION);
    must(app_send(app, &command) == expected);
}

static void choose_standard(struct app *app) {
    uint8_t data[COPP_SET_SIGNALING_SIZE] = {0};
    put_u32(data + IN_SIGNALING_SET_STANDARD, COPP_TV_STANDARD_CEA805A_TYPEB_750P);
    const struct copp_command command = app_command(app, COPP_SET_SIGNALING, data, sizeof data);
    measure(SESSION);
    must(app_send(app, &command) == COPP_HR_OK);
}

static void ask(struct app *app, enum copp_request request, const uint32_t *type) {
    uint8_t data[4] = {0};
    struct copp_status_output output;
    if (type)
        put_u32(data, *type);
    const struct copp_status_input input = app_request(app, request, data, type ? 4 : 0);
    measure(SESSION);
    must(copp_device_status(app->device, &input, &output) == COPP_HR_OK);
    app->status_sequence++;
}

static void ask_everything(struct app *app) {
    static const uint32_t types[] = {HDCP, ACP, CGMSA};
    ask(app, COPP_QUERY_CONNECTOR_TYPE, NULL);
    ask(app, COPP_QUERY_PROTECTION_TYPE, NULL);
    ask(app, COPP_QUERY_DISPLAY_DATA, NULL);
    ask(app, COPP_QUERY_HDCP_KEY_DATA, NULL);
    ask(app, COPP_QUERY_BUS_DATA, NULL);
    ask(app, COPP_QUERY_SIGNALING, NULL);
    for (size_t i = 0; i < 3; i++) {
        ask(app, COPP_QUERY_LOCAL_PROTECTION_LEVEL, &types[i]);
        ask(app, COPP_QUERY_GLOBAL_PROTECTION_LEVEL, &types[i]);
    }
}

/* Whose MAC is wrong. */
static void forge(struct app *app) {
    struct copp_command command = app_command(app, COPP_SET_PROTECTION_LEVEL, (const uint8_t[16]){HDCP}, 16);
    command.bytes[AT_MAC] ^= 1;
    measure(SESSION);
    must(app_send(app, &command) == COPP_HR_UNEXPECTED);
}

/* A command that its output ends later, and one that the time limit ends. */
static void wait_for_the_output(struct scene *scene) {
    struct rig_output *output = &scene->rig.output;
    output->answer = COPP_E_PENDING;
    set_level(&scene->app, ACP, COPP_ACP_LEVEL1, COPP_HR_PENDING);
    output->answer = COPP_OK;
    measure(SESSION);
    rig_output_end(output, scene->rig.connector, COPP_OK);
    must(app_result(&scene->app) == COPP_HR_OK);
    output->answer = COPP_E_PENDING;
    set_level(&scene->app, ACP, COPP_ACP_LEVEL2, COPP_HR_PENDING);
    output->answer = COPP_OK;
    measure(SESSION);
    copp_adapter_dispatch(scene->rig.adapter, COPP_PENDING_LIMIT_MS + 1);
    must(app_result(&scene->app) == COPP_HR_UNEXPECTED);
}

static void lose_the_link(struct scene *scene) {
    struct copp_connector *connector = scene->rig.connector;
    struct copp_device_view view = {.size = sizeof view};
    measure(SESSION);
    copp_connector_protection_lost(connector, ACP);
    copp_connector_reconfigured(connector);
    copp_connector_unplugged(connector);
    must(copp_connector_set_desktop_acp(connector, COPP_ACP_LEVEL1) == COPP_OK);
    ask(&scene->app, COPP_QUERY_BUS_DATA, NULL);
    measure(SESSION);
    copp_device_inspect(scene->app.device, &view);
    copp_adapter_dispatch(scene->rig.adapter, 2u * COPP_PENDING_LIMIT_MS);
    must(copp_adapter_deadline_ms(scene->rig.adapter) == UINT64_MAX);
}

void end_scene(void) {
    measure(NOT_MEASURED);
    for (size_t i = 0; i < caller_count; i++)
        usage->strangers += !is_cryptos(callers[i]);
    must(caller_count < CALLERS_MAX);
    _exit(0);
}

/* From the handshake to the device's end; the process ends with it. */
_Noreturn static void play(struct scene *scene) {
    play_handshake(scene);
    set_level(&scene->app, HDCP, COPP_HDCP_ON, COPP_HR_OK);
    set_level(&scene->app, CGMSA, COPP_CGMSA_COPY_NEVER, COPP_HR_OK);
    choose_standard(&scene->app);
    ask_everything(&scene->app);
    forge(&scene->app);
    wait_for_the_output(scene);
    lose_the_link(scene);
    measure(CLOSING);
    copp_device_close(&scene->app.device);
    end_scene();
}

/* --- the test, which looks on --- */

/* What an allocator and the two crypto libraries ask the kernel for: memory, who asks and when; and to wake whoever waits. */
static bool is_harmless(long number, const uint64_t *arguments) {
    static const long harmless[] = {SYS_brk,    SYS_mmap,   SYS_munmap,        SYS_mremap,   SYS_madvise,
                                    SYS_getpid, SYS_gettid, SYS_clock_gettime, SYS_getrusage};
    if (number == SYS_futex)
        return ((int)arguments[1] & FUTEX_CMD_MASK) == FUTEX_WAKE;
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++) {
        if (number == harmless[i])
            return true;
    }
    return false;
}

static void count_system_call(long number, const uint64_t *arguments) {
    struct counts *now = counts();
    if (!now)
        return;
    if (number == SYS_getrandom) {
        now->random_calls++;
    } else if (is_harmless(number, arguments)) {
        now->harmless_calls++;
    } else {
        now->other_calls++;
        now->other_call = number;
    }
}

/* Until the process ends. It has stopped for the first time. */
static void trace(pid_t pid) {
    struct __ptrace_syscall_info call;
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
    for (;;) {
        assert_int_equal(ptrace(PTRACE_SYSCALL, pid, 0, 0), 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (WIFEXITED(status))
            break;
        assert_true(WIFSTOPPED(status));
        assert_int_equal(WSTOPSIG(status), SIGTRAP | 0x80); /* no other signal */
        assert_true(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof call, &call) > 0);
        if (call.op == PTRACE_SYSCALL_INFO_ENTRY)
            count_system_call((long)call.entry.nr, (const uint64_t *)call.entry.args);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* What the scene has used. */
static struct usage usage_of(void (*begin)(struct scene *scene)) {
    void *shared = mmap(NULL, sizeof *usage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    usage = shared;
    pid_t pid = fork();
    if (pid == 0) {
        static struct scene scene;
        if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
            _exit(1);
        (void)raise(SIGSTOP);
        begin(&scene);
        if (scene.ddi)
            play_driver(&scene);
        play(&scene);
    }
    assert_true(pid > 0);
    trace(pid);
    struct usage found = *usage;
    usage = NULL;
    assert_int_equal(munmap(shared, sizeof found), 0);
    return found;
}

static void assert_no_wait(const struct counts *counts) {
    if (counts->other_calls)
        fail_msg("system call %ld", counts->other_call);
}

static void assert_nothing(const struct counts *counts) {
    assert_no_wait(counts);
    assert_int_equal(counts->allocations, 0);
    assert_int_equal(counts->locks, 0);
    assert_int_equal(counts->random_calls + counts->harmless_calls, 0);
}

static struct usage nothing_is_asked_for(void (*begin)(struct scene *scene)) {
    const struct usage used = usage_of(begin);
    assert_nothing(&used.of[HANDSHAKE]);
    assert_nothing(&used.of[SESSION]);
    assert_nothing(&used.of[CLOSING]);
    assert_true(used.of[CLOSING].frees > 0);
    return used;
}

static void nothing_is_asked_for_with_what_is_handed_in(void) {
    const struct usage used = nothing_is_asked_for(begin_handed_in);
    assert_int_equal(used.of[HANDSHAKE].frees + used.of[SESSION].frees, 0);
}

/* Under OPM semantics as well. What opening the handshake took is freed with its end (OPM-DDI-5). The signature of a list is
 * verified by the crypto library, with memory of its own. */
static void nor_by_a_drivers_functions(void) {
    const struct usage used = nothing_is_asked_for(begin_driver);
    assert_int_equal(used.of[SESSION].frees, 0);
    assert_true(used.of[LIST].allocations > 0);
    assert_int_equal(used.strangers, 0);
    assert_int_equal(used.of[LIST].random_calls, 0);
    assert_no_wait(&used.of[LIST]);
}

/* In the handshake alone; and the counters do count. */
static void assert_crypto_alone(void (*begin)(struct scene *scene)) {
    const struct usage used = usage_of(begin);
    assert_true(used.of[HANDSHAKE].allocations > 0);
    assert_int_equal(used.strangers, 0);
    assert_true(used.of[HANDSHAKE].random_calls > 0);
    assert_no_wait(&used.of[HANDSHAKE]);
    assert_nothing(&used.of[SESSION]);
    assert_nothing(&used.of[CLOSING]);
}

static void the_default_random_source_allocates_and_asks_the_kernel(void) {
    assert_crypto_alone(begin_with_default_random);
}

static void the_defaults_do_so_in_the_handshake_alone(void) {
    assert_crypto_alone(begin_with_defaults);
}

/* SES-2: what a child draws is never what its parent draws, whatever source it has. */
static void a_child_asks_for_random_numbers_as_well(void) {
    assert_int_equal(copp_process(), COPP_PROCESS_FIRST); /* from here on every scene plays in a forked process */
    const struct usage used = usage_of(begin_handed_in);
    assert_int_equal(used.of[HANDSHAKE].random_calls, 1);
    assert_int_equal(used.of[HANDSHAKE].allocations + used.of[HANDSHAKE].locks, 0);
    assert_int_equal(used.of[HANDSHAKE].harmless_calls, 0);
    assert_no_wait(&used.of[HANDSHAKE]);
    assert_nothing(&used.of[SESSION]);
    assert_nothing(&used.of[CLOSING]);
}

/* --- OPM's handshake, by itself --- */

/* What a device has had made ready when it was opened takes nothing more: a seal that opens, and one that does not. */
static void opening_a_seal_takes_nothing(void) {
    static const struct copp_private_key_ops ops = {.size = sizeof ops, .public_key = public_of_2048, .decrypt_raw = in_clear};
    static const uint8_t seed[COPP_OAEP_SEED_SIZE] = {1};
    static const uint8_t secret[COPP_HANDSHAKE_SIZE] = {2};
    static struct usage counted;
    struct copp_private_key key = {&ops};
    struct copp_handshake handshake;
    struct copp_signature sealed;
    struct copp_oaep *oaep;
    for (int good = 0; good < 2; good++) {
        assert_int_equal(copp_oaep_new(&oaep, NULL), COPP_OK);
        assert_int_equal(copp_oaep_encode(oaep, seed, secret, sizeof secret, sealed.bytes), COPP_OK);
        copp_oaep_free(&oaep);
        sealed.bytes[0] = !good;
        assert_int_equal(copp_oaep_new(&oaep, NULL), COPP_OK);
        usage = &counted;
        measure(HANDSHAKE);
        enum copp_result result = copp_handshake_open_ready(oaep, &key, &sealed, secret, &handshake);
        measure(NOT_MEASURED);
        usage = NULL;
        assert_int_equal(result, good ? COPP_OK : COPP_E_INVALID);
        copp_oaep_free(&oaep);
    }
    assert_int_equal(counted.of[HANDSHAKE].allocations + counted.of[HANDSHAKE].frees + counted.of[HANDSHAKE].locks, 0);
}

int main(void) {
    static const struct test_case tests[] = {
        TEST(nothing_is_asked_for_with_what_is_handed_in, ""),
        TEST(nor_by_a_drivers_functions, "OPM-DDI-5"),
        TEST(the_default_random_source_allocates_and_asks_the_kernel, ""),
        TEST(the_defaults_do_so_in_the_handshake_alone, ""),
        TEST(opening_a_seal_takes_nothing, ""),
        TEST(a_child_asks_for_random_numbers_as_well, "SES-2"), /* the last: it begins libcopp in this process */
    };
    return RUN_SUITE("after_open", tests);
}
