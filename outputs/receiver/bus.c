#include "outputs/receiver/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HDCP_ADDRESS 0x3au /* 7 bits; 0x74 in the specification */
#define ATTEMPTS 3u /* of a bus that another one has just used */

const struct receiver_span receiver_spans[RECEIVER_LINKS][RECEIVER_REGISTERS] = {
    [RECEIVER_DDC] = {[RECEIVER_BKSV] = {0x00, 5},
                      [RECEIVER_BCAPS] = {0x40, 1},
                      [RECEIVER_TOPOLOGY] = {0x41, 2},
                      [RECEIVER_VERSION] = {0x50, 1}},
    [RECEIVER_AUX] = {[RECEIVER_BKSV] = {0x68000, 5},
                      [RECEIVER_BCAPS] = {0x68028, 1},
                      [RECEIVER_TOPOLOGY] = {0x6802a, 2},
                      [RECEIVER_VERSION] = {0x6921d, 3}},
};

/* One transaction: nobody else's can come between the offset and the bytes. */
static int read_transfer(int fd, const struct receiver_span *span, uint8_t *bytes) {
    uint8_t offset = (uint8_t)span->offset;
    struct i2c_msg messages[2] = {{.addr = HDCP_ADDRESS, .len = 1, .buf = &offset},
                                  {.addr = HDCP_ADDRESS, .flags = I2C_M_RD, .len = (uint16_t)span->size, .buf = bytes}};
    struct i2c_rdwr_ioctl_data data = {messages, 2};
    int count = ioctl(fd, I2C_RDWR, &data);
    if (count < 0)
        return errno;
    return count == 2 ? 0 : EIO;
}

/* For adapters that know no plain I2C. The kernel keeps us from an address that a driver of its own has. */
static int read_block(int fd, const struct receiver_span *span, uint8_t *bytes) {
    union i2c_smbus_data data = {.block = {(uint8_t)span->size}};
    struct i2c_smbus_ioctl_data command = {
        .read_write = I2C_SMBUS_READ, .command = (uint8_t)span->offset, .size = I2C_SMBUS_I2C_BLOCK_DATA, .data = &data};
    if (ioctl(fd, I2C_SLAVE, (unsigned long)HDCP_ADDRESS) < 0 || ioctl(fd, I2C_SMBUS, &command) < 0)
        return errno;
    if (data.block[0] != span->size)
        return EIO;
    memcpy(bytes, data.block + 1, span->size);
    return 0;
}

static int read_ddc(int fd, const struct receiver_span *span, uint8_t *bytes) {
    unsigned long functions = 0;
    if (ioctl(fd, I2C_FUNCS, &functions) < 0)
        return errno;
    if (functions & I2C_FUNC_I2C)
        return read_transfer(fd, span, bytes);
    return functions & I2C_FUNC_SMBUS_READ_I2C_BLOCK ? read_block(fd, span, bytes) : EOPNOTSUPP;
}

static int read_aux(int fd, const struct receiver_span *span, uint8_t *bytes) {
    ssize_t count = pread(fd, bytes, span->size, (off_t)span->offset);
    if (count < 0)
        return errno;
    return count == (ssize_t)span->size ? 0 : EIO;
}

static int read_register(int fd, enum receiver_link link, enum receiver_register which, uint8_t *bytes) {
    const struct receiver_span *span = &receiver_spans[link][which];
    int error = EAGAIN;
    for (unsigned i = 0; i < ATTEMPTS && (error == EAGAIN || error == EINTR); i++)
        error = link == RECEIVER_AUX ? read_aux(fd, span, bytes) : read_ddc(fd, span, bytes);
    return error;
}

static int read_registers(int fd, enum receiver_link link, struct receiver_bytes *bytes) {
    uint8_t again[RECEIVER_REGISTER_MAX] = {0};
    int error = 0;
    *bytes = (struct receiver_bytes){.link = (uint32_t)link};
    for (unsigned i = 0; i < RECEIVER_REGISTERS && !error; i++)
        error = read_register(fd, link, (enum receiver_register)i, bytes->registers[i]);
    if (!error)
        error =
            read_register(fd, link, RECEIVER_BKSV, again); /* a display may have been exchanged meanwhile, and buses are noisy */
    if (error)
        return error;
    return memcmp(again, bytes->registers[RECEIVER_BKSV], sizeof again) == 0 ? 0 : ESTALE;
}

int receiver_read(enum receiver_link link, const char *path, struct receiver_bytes *bytes) {
    /* i2c-dev wants no more for its ioctls */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    int error = read_registers(fd, link, bytes);
    (void)close(fd);
    return error;
}
