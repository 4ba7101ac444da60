/*
 * The file, in lines:
 *     coppd HDCP 1
 *     device /devices/pci0000:00/0000:00:02.0
 *     connector HDMI-A-1
 */
#include "outputs/kms/note.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/transfer.h"

#define FIRST_LINE "coppd HDCP 1\n"
#define DEVICE_WORD "device "
#define CONNECTOR_WORD "connector "
#define NOTE_MAX 4096u

/* FNV-1a: two devices whose last names are alike have different files. */
static uint64_t hash_of(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static void name_file(struct kms_note *note, const char *directory) {
    const char *slash = strrchr(note->device, '/');
    char last[64];
    (void)snprintf(last, sizeof last, "%.63s", slash ? slash + 1 : note->device);
    int length = snprintf(note->file, sizeof note->file, "%s/hdcp-%s-%016" PRIx64, directory, last, hash_of(note->device));
    if (length < 0 || (size_t)length + sizeof ".new" > sizeof note->file)
        note->file[0] = 0;
}

/* As the kernel names connectors: printable, without blanks. */
static bool name_good(const char *name, size_t length) {
    bool good = length > 0 && length < COPP_BACKEND_NAME_SIZE;
    for (size_t i = 0; good && i < length; i++)
        good = name[i] > ' ' && name[i] < 127;
    return good;
}

/* The rest of a line that begins with word, and text after the line. False: it does not, or does not end. */
static bool take_line(const char **text, const char *word, const char **rest, size_t *length) {
    size_t skip = strlen(word);
    if (strncmp(*text, word, skip) != 0)
        return false;
    *rest = *text + skip;
    *length = strcspn(*rest, "\n");
    if ((*rest)[*length] != '\n')
        return false;
    *text = *rest + *length + 1;
    return true;
}

static bool parse(struct kms_note *note, const char *text) {
    const char *rest;
    size_t length;
    if (strncmp(text, FIRST_LINE, strlen(FIRST_LINE)) != 0)
        return false;
    text += strlen(FIRST_LINE);
    if (!take_line(&text, DEVICE_WORD, &rest, &length) || length != strlen(note->device) ||
        strncmp(rest, note->device, length) != 0)
        return false;
    while (*text) {
        if (note->count == KMS_CONNECTORS || !take_line(&text, CONNECTOR_WORD, &rest, &length) || !name_good(rest, length))
            return false;
        (void)snprintf(note->names[note->count++], COPP_BACKEND_NAME_SIZE, "%.*s", (int)length, rest);
    }
    return true;
}

/* -1, with errno: it cannot be read. Else how many bytes it has, NOTE_MAX for any more. */
static ssize_t read_file(const char *name, char text[NOTE_MAX]) {
    struct stat status;
    int fd = open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t size = -1;
    errno = EINVAL;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        size = read_all(fd, text, NOTE_MAX);
    int cause = errno;
    (void)close(fd);
    errno = cause;
    return size;
}

static void read_note(struct kms_note *note, struct copp_backend_log *log) {
    char text[NOTE_MAX];
    ssize_t size = read_file(note->file, text);
    if (size < 0 && errno == ENOENT)
        return;
    if (size < 0) {
        copp_backend_say(log, COPP_BACKEND_WARNING, "%s: cannot be read: %s; HDCP that an earlier coppd left on stays on",
                         note->file, strerror(errno));
        return;
    }
    bool whole = (size_t)size < NOTE_MAX;
    text[whole ? size : 0] = 0;
    if (whole && strlen(text) == (size_t)size && parse(note, text))
        return;
    note->count = 0;
    copp_backend_say(log, COPP_BACKEND_WARNING, "%s: was not written by coppd; HDCP that an earlier coppd left on stays on",
                     note->file);
}

void kms_note_open(struct kms_note *note, const char *directory, const char *device, struct copp_backend_log *log) {
    *note = (struct kms_note){.count = 0};
    (void)snprintf(note->device, sizeof note->device, "%s", device);
    if (!directory)
        return;
    (void)mkdir(directory, 0755); /* one that is there already, or cannot be made, is found out by writing */
    name_file(note, directory);
    if (note->file[0])
        read_note(note, log);
}

static size_t place_of(const struct kms_note *note, const char *name) {
    size_t i = 0;
    while (i < note->count && strcmp(note->names[i], name) != 0)
        i++;
    return i;
}

bool kms_note_has(const struct kms_note *note, const char *name) {
    return place_of(note, name) < note->count;
}

static bool write_whole(const char *name, const char *text, size_t size) {
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    bool good = write_all(fd, text, size);
    int cause = errno;
    (void)close(fd);
    errno = cause;
    return good;
}

/* In one step: whoever is killed in between leaves the old one or the new one. */
static bool replace(const struct kms_note *note) {
    char text[NOTE_MAX];
    char fresh[sizeof note->file + sizeof ".new"];
    if (!note->count)
        return unlink(note->file) == 0 || errno == ENOENT;
    int used = snprintf(text, sizeof text, FIRST_LINE DEVICE_WORD "%s\n", note->device);
    for (size_t i = 0; i < note->count && used >= 0 && (size_t)used < sizeof text; i++)
        used += snprintf(text + used, sizeof text - (size_t)used, CONNECTOR_WORD "%s\n", note->names[i]);
    (void)snprintf(fresh, sizeof fresh, "%s.new", note->file);
    return write_whole(fresh, text, (size_t)used) && rename(fresh, note->file) == 0;
}

void kms_note_set(struct kms_note *note, const char *name, bool debt, struct copp_backend_log *log) {
    size_t place = place_of(note, name);
    bool has = place < note->count;
    if (has == debt || (debt && (note->count == KMS_CONNECTORS || !name_good(name, strlen(name)))))
        return;
    if (debt)
        (void)snprintf(note->names[note->count++], COPP_BACKEND_NAME_SIZE, "%s", name);
    else
        memmove(note->names[place], note->names[--note->count], sizeof note->names[place]);
    bool told = note->stale;
    note->stale = note->file[0] && !replace(note);
    if (!note->stale || told)
        return;
    copp_backend_say(log, COPP_BACKEND_WARNING,
                     "%s: cannot be written: %s; HDCP that is on when this coppd is killed stays on: let it write there, or name "
                     "another runtime_directory",
                     note->file, strerror(errno));
}

void kms_note_renew(struct kms_note *note) {
    note->stale = note->stale && !replace(note);
}
