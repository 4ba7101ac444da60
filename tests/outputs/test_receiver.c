/* A receiver's registers: what they mean, and that nothing but them is ever read, and nothing written. */
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit/harness.h"
#include "outputs/receiver/bus.h"

/* Facsimile keys of the specification: b70361f714 and 511ef21acd, as they stand in a register. */
#define BKSV "\x14\xf7\x61\x03\xb7"
#define OTHER_BKSV "\xcd\x1a\xf2\x1e\x51"

#define READS_MAX 32u

/* Both buses: what was asked of them, and what they answer. */
static struct bus {
    uint8_t ddc[256];
    unsigned long functions;
    int error; /* an errno that the next reads get */
    unsigned errors; /* how many of them; UINT_MAX: all */
    long short_by; /* messages or bytes that are missing */
    const char *second_bksv; /* what BKSV reads when it is read again; NULL: the same */
    unsigned bksv_reads;
    unsigned slave; /* address chosen for SMBus */
    bool wrong_address;
    bool wrote;
    size_t count;
    struct receiver_span reads[READS_MAX];
} bus;

int __real_ioctl(int fd, unsigned long request, void *argument);
int __wrap_ioctl(int fd, unsigned long request, void *argument);
ssize_t __real_pread64(int fd, void *bytes, size_t size, off_t offset);
ssize_t __wrap_pread64(int fd, void *bytes, size_t size, off_t offset);

static bool fails(void) {
    if (!bus.errors)
        return false;
    bus.errors -= bus.errors != UINT32_MAX;
    errno = bus.error;
    return true;
}

static void note(uint32_t offset, size_t size) {
    assert_true(bus.count < READS_MAX);
    bus.reads[bus.count++] = (struct receiver_span){offset, (uint32_t)size};
    if ((offset == 0 || offset == 0x68000) && ++bus.bksv_reads == 2 && bus.second_bksv)
        memcpy(bus.ddc, bus.second_bksv, 5);
}

static int transfer(const struct i2c_rdwr_ioctl_data *data) {
    bus.wrong_address = bus.wrong_address || data->nmsgs != 2 || data->msgs[0].addr != 0x3a || data->msgs[1].addr != 0x3a;
    bus.wrote = bus.wrote || data->msgs[0].len != 1 || data->msgs[0].flags != 0 || data->msgs[1].flags != I2C_M_RD;
    note(data->msgs[0].buf[0], data->msgs[1].len);
    if (fails())
        return -1;
    memcpy(data->msgs[1].buf, bus.ddc + data->msgs[0].buf[0], data->msgs[1].len);
    return (int)(2 - bus.short_by);
}

static int block(struct i2c_smbus_ioctl_data *command) {
    bus.wrong_address = bus.wrong_address || bus.slave != 0x3a;
    bus.wrote = bus.wrote || command->read_write != I2C_SMBUS_READ || command->size != I2C_SMBUS_I2C_BLOCK_DATA;
    note(command->command, command->data->block[0]);
    if (fails())
        return -1;
    memcpy(command->data->block + 1, bus.ddc + command->command, command->data->block[0]);
    command->data->block[0] = (uint8_t)(command->data->block[0] - bus.short_by);
    return 0;
}

int __wrap_ioctl(int fd, unsigned long request, void *argument) {
    (void)fd;
    switch (request) {
    case I2C_FUNCS:
        *(unsigned long *)argument = bus.functions;
        return 0;
    case I2C_RDWR:
        return transfer(argument);
    case I2C_SLAVE:
        bus.slave = (unsigned)(uintptr_t)argument;
        return 0;
    case I2C_SMBUS:
        return block(argument);
    default: /* I2C_SLAVE_FORCE above all */
        bus.wrote = true;
        errno = EINVAL;
        return -1;
    }
}

ssize_t __wrap_pread64(int fd, void *bytes, size_t size, off_t offset) {
    note((uint32_t)offset, size);
    if (fails())
        return -1;
    ssize_t count = __real_pread64(fd, bytes, size, offset);
    if (bus.bksv_reads == 2 && bus.second_bksv)
        memcpy(bytes, bus.second_bksv, 5);
    return count - bus.short_by;
}

static void put(int fd, const char *bytes, size_t size, off_t offset) {
    assert_int_equal(pwrite(fd, bytes, size, offset), size);
}

/* An HDMI receiver behind an adapter of those functions. */
static void begin_ddc(unsigned long functions) {
    bus = (struct bus){.functions = functions};
    memcpy(bus.ddc, BKSV, 5);
    bus.ddc[0x40] = 0x80; /* HDMI_RESERVED, which says nothing */
    bus.ddc[0x42] = 0x10; /* HDMI mode */
}

static int read_ddc(struct hdcp_receiver *receiver) {
    struct receiver_bytes bytes;
    int error = receiver_read(RECEIVER_DDC, "/dev/null", &bytes);
    receiver_decode(&bytes, receiver);
    return error;
}

/* A DisplayPort receiver's DPCD, as a file with holes. Returns its descriptor; the name is for receiver_read. */
static int begin_aux(char name[32]) {
    bus = (struct bus){0};
    strcpy(name, "/tmp/copp-aux-XXXXXX");
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 0x69300), 0);
    put(fd, BKSV, 5, 0x68000);
    put(fd, "\x01", 1, 0x68028);
    return fd;
}

static int read_aux(const char *name, struct hdcp_receiver *receiver) {
    struct receiver_bytes bytes;
    int error = receiver_read(RECEIVER_AUX, name, &bytes);
    receiver_decode(&bytes, receiver);
    return error;
}

static void end_aux(int fd, const char *name) {
    assert_int_equal(unlink(name), 0);
    assert_int_equal(close(fd), 0);
}

/* The whole list, here once more: whoever adds to it changes this as well, and docs/outputs-reference.md. */
static void assert_reads(enum receiver_link link) {
    static const struct receiver_span allowed[RECEIVER_LINKS][5] = {
        {{0x00, 5}, {0x40, 1}, {0x41, 2}, {0x50, 1}, {0x00, 5}},
        {{0x68000, 5}, {0x68028, 1}, {0x6802a, 2}, {0x6921d, 3}, {0x68000, 5}}};
    assert_int_equal(bus.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(bus.reads[i].offset, allowed[link][i].offset);
        assert_int_equal(bus.reads[i].size, allowed[link][i].size);
    }
    assert_false(bus.wrote);
    assert_false(bus.wrong_address);
}

static void ddc_reads_what_is_listed_alone(void) {
    static const unsigned long functions[] = {I2C_FUNC_I2C, I2C_FUNC_I2C | I2C_FUNC_SMBUS_READ_I2C_BLOCK,
                                              I2C_FUNC_SMBUS_READ_I2C_BLOCK};
    for (size_t i = 0; i < 3; i++) {
        struct hdcp_receiver receiver;
        begin_ddc(functions[i]);
        assert_int_equal(read_ddc(&receiver), 0);
        assert_reads(RECEIVER_DDC);
        assert_int_equal(bus.slave != 0, i == 2); /* plain I2C where there is any */
        assert_true(receiver_named(&receiver));
        assert_memory_equal(receiver.bksv, BKSV, 5);
    }
}

static void aux_reads_what_is_listed_alone(void) {
    struct hdcp_receiver receiver;
    char name[32];
    int fd = begin_aux(name);
    struct stat before;
    struct stat after;
    assert_int_equal(fstat(fd, &before), 0);
    assert_int_equal(read_aux(name, &receiver), 0);
    assert_int_equal(fstat(fd, &after), 0);
    assert_reads(RECEIVER_AUX);
    assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
    assert_true(receiver_named(&receiver));
    assert_memory_equal(receiver.bksv, BKSV, 5);
    end_aux(fd, name);
}

/* SRM-5 and WIRE-9: the register's order is that of the answer, and the other one that of a revocation list. */
static void byte_order(void) {
    static const uint8_t ksv[] = {0xb7, 0x03, 0x61, 0xf7, 0x14};
    struct hdcp_receiver receiver;
    uint8_t listed[COPP_KSV_SIZE];
    begin_ddc(I2C_FUNC_I2C);
    assert_int_equal(read_ddc(&receiver), 0);
    copp_ksv_from_bksv(receiver.bksv, listed);
    assert_memory_equal(listed, ksv, sizeof ksv);
}

static void only_twenty_ones_are_a_name(void) {
    static const struct {
        const char *bksv;
        bool valid;
    } cases[] = {{BKSV, true},
                 {OTHER_BKSV, true},
                 {"\x00\x00\x00\x00\x00", false}, /* no HDCP */
                 {"\xff\xff\xff\xff\xff", false}, /* a bus that nobody drives */
                 {"\x14\xf7\x61\x03\xb6", false}, /* 19 */
                 {"\x15\xf7\x61\x03\xb7", false}, /* 21 */
                 {"\xff\xff\x0f\x00\x00", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hdcp_receiver receiver;
        begin_ddc(I2C_FUNC_I2C);
        memcpy(bus.ddc, cases[i].bksv, 5);
        assert_int_equal(read_ddc(&receiver), 0);
        assert_int_equal(receiver.ksv_valid, cases[i].valid);
        assert_int_equal(receiver.hdcp1, cases[i].valid);
        assert_int_equal(receiver_named(&receiver), cases[i].valid);
    }
}

static void repeaters_on_ddc(void) {
    struct hdcp_receiver receiver;
    begin_ddc(I2C_FUNC_I2C);
    memcpy(bus.ddc + 0x41, "\xff\x1f", 2);
    assert_int_equal(read_ddc(&receiver), 0);
    assert_false(receiver.repeater);
    assert_int_equal(receiver.devices, 0); /* an invalid receiver has nothing behind it */
    bus.ddc[0x40] = 0x60;
    memcpy(bus.ddc + 0x41, "\x05\x12", 2);
    assert_int_equal(read_ddc(&receiver), 0);
    assert_true(receiver.repeater);
    assert_int_equal(receiver.devices, 5);
    assert_int_equal(receiver.depth, 2);
    assert_false(receiver.too_many || receiver.too_deep);
    memcpy(bus.ddc + 0x41, "\xff\x0f", 2);
    assert_int_equal(read_ddc(&receiver), 0);
    assert_int_equal(receiver.devices, 127);
    assert_int_equal(receiver.depth, 7);
    assert_true(receiver.too_many && receiver.too_deep);
}

/* We cannot tell which version is in force with those, so that the KSV does not identify anything. */
static void hdcp2_is_not_named(void) {
    struct hdcp_receiver receiver;
    char name[32];
    begin_ddc(I2C_FUNC_I2C);
    bus.ddc[0x50] = 0x04;
    assert_int_equal(read_ddc(&receiver), 0);
    assert_true(receiver.hdcp1 && receiver.hdcp2 && receiver.ksv_valid);
    assert_false(receiver_named(&receiver));
    bus.ddc[0x50] = 0xfb; /* every other bit */
    assert_int_equal(read_ddc(&receiver), 0);
    assert_false(receiver.hdcp2);

    int fd = begin_aux(name);
    static const struct {
        const char *capabilities;
        bool capable;
    } cases[] = {{"\x02\x00\x02", true}, {"\x02\x00\x03", true}, {"\x02\x00\x01", false}, {"\x00\x00\x02", false}};
    for (size_t i = 0; i < 4; i++) {
        put(fd, cases[i].capabilities, 3, 0x6921d);
        assert_int_equal(read_aux(name, &receiver), 0);
        assert_int_equal(receiver.hdcp2, cases[i].capable);
        assert_int_equal(receiver_named(&receiver), !cases[i].capable);
    }
    end_aux(fd, name);
}

static void displayport_says_what_it_can(void) {
    struct hdcp_receiver receiver;
    char name[32];
    int fd = begin_aux(name);
    put(fd, "\x03", 1, 0x68028);
    put(fd, "\x02\x01", 2, 0x6802a);
    assert_int_equal(read_aux(name, &receiver), 0);
    assert_true(receiver.repeater && receiver.hdcp1);
    assert_int_equal(receiver.devices, 2);
    assert_int_equal(receiver.depth, 1);
    put(fd, "\x00", 1, 0x68028); /* whatever stands where its KSV would */
    assert_int_equal(read_aux(name, &receiver), 0);
    assert_false(receiver.hdcp1 || receiver.repeater);
    assert_false(receiver_named(&receiver));
    end_aux(fd, name);
}

/* A NAK, a bus error, a timeout, and too little: none of them is an answer. */
static void errors_are_no_answer(void) {
    static const int errors[] = {ENXIO, EREMOTEIO, EIO, ETIMEDOUT, EAGAIN};
    static const unsigned long functions[] = {I2C_FUNC_I2C, I2C_FUNC_SMBUS_READ_I2C_BLOCK};
    struct hdcp_receiver receiver;
    char name[32];
    for (size_t i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof errors / sizeof errors[0]; k++) {
            begin_ddc(functions[i]);
            bus.error = errors[k];
            bus.errors = UINT32_MAX;
            assert_int_equal(read_ddc(&receiver), errors[k]);
            assert_true(bus.count <= 3); /* and then it is left alone */
        }
        begin_ddc(functions[i]);
        bus.short_by = 1;
        assert_int_equal(read_ddc(&receiver), EIO);
    }
    begin_ddc(I2C_FUNC_SMBUS_QUICK);
    assert_int_equal(read_ddc(&receiver), EOPNOTSUPP);
    assert_int_equal(bus.count, 0);
    int fd = begin_aux(name);
    bus.short_by = 1;
    assert_int_equal(read_aux(name, &receiver), EIO);
    bus.short_by = 0;
    bus.error = EIO;
    bus.errors = UINT32_MAX;
    assert_int_equal(read_aux(name, &receiver), EIO);
    end_aux(fd, name);
    assert_int_equal(read_aux(name, &receiver), ENOENT);
}

static void a_bus_that_is_taken_is_tried_again(void) {
    struct hdcp_receiver receiver;
    begin_ddc(I2C_FUNC_I2C);
    bus.error = EAGAIN;
    bus.errors = 2;
    assert_int_equal(read_ddc(&receiver), 0);
    assert_int_equal(bus.count, 7);
    assert_true(receiver_named(&receiver));
}

/* Registers of two displays are not taken for those of one. */
static void a_ksv_that_changes_meanwhile_is_no_answer(void) {
    struct hdcp_receiver receiver;
    char name[32];
    begin_ddc(I2C_FUNC_I2C);
    bus.second_bksv = OTHER_BKSV;
    assert_int_equal(read_ddc(&receiver), ESTALE);
    int fd = begin_aux(name);
    bus.second_bksv = OTHER_BKSV;
    assert_int_equal(read_aux(name, &receiver), ESTALE);
    end_aux(fd, name);
}

static void what_makes_another_receiver(void) {
    const struct hdcp_receiver one = {
        .hdcp1 = true, .ksv_valid = true, .repeater = true, .devices = 1, .bksv = "\x14\xf7\x61\x03"};
    struct hdcp_receiver other = one;
    other.devices = 2; /* one more was plugged into the repeater */
    other.depth = 3;
    assert_true(receiver_same(&one, &other));
    other.bksv[4] ^= 1;
    assert_false(receiver_same(&one, &other));
    other = one;
    other.repeater = false;
    assert_false(receiver_same(&one, &other));
    other = one;
    other.hdcp2 = true;
    assert_false(receiver_same(&one, &other));
    other = one;
    other.hdcp1 = false;
    assert_false(receiver_same(&one, &other));
}

static void any_bytes_are_understood(void) {
    uint64_t seed = 12;
    for (unsigned i = 0; i < 100000; i++) {
        struct receiver_bytes bytes;
        struct hdcp_receiver receiver;
        for (size_t k = 0; k < sizeof bytes; k++)
            ((uint8_t *)&bytes)[k] = (uint8_t)((seed = seed * 6364136223846793005u + 1442695040888963407u) >> 56);
        bytes.link = i % RECEIVER_LINKS;
        receiver_decode(&bytes, &receiver);
        assert_true(receiver.devices < 128 && receiver.depth < 8);
        assert_true(!receiver_named(&receiver) || (receiver.ksv_valid && !receiver.hdcp2));
    }
}

static const struct test_case cases[] = {
    TEST(ddc_reads_what_is_listed_alone, ""),
    TEST(aux_reads_what_is_listed_alone, ""),
    TEST(byte_order, "WIRE-9 SRM-5"),
    TEST(only_twenty_ones_are_a_name, "SRM-5"),
    TEST(repeaters_on_ddc, "APP-1"),
    TEST(hdcp2_is_not_named, "APP-2"),
    TEST(displayport_says_what_it_can, "APP-1"),
    TEST(errors_are_no_answer, ""),
    TEST(a_bus_that_is_taken_is_tried_again, ""),
    TEST(a_ksv_that_changes_meanwhile_is_no_answer, ""),
    TEST(what_makes_another_receiver, ""),
    TEST(any_bytes_are_understood, ""),
};

int main(void) {
    return RUN_SUITE("receiver", cases);
}
