#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "copp/socket.h"
#include "files.h"

#define CONFIG_FILE_MAX 65536u
#define INI_LINE 189u /* longer ones inih would cut in two */
#define STATE_DIRECTORY "/var/lib/coppd"

enum value_kind {
    VALUE_TEXT,
    VALUE_PATH, /* absolute, or "" */
    VALUE_NUMBER
};

struct key {
    const char *section;
    const char *name;
    enum value_kind kind;
    size_t offset;
    uint32_t least;
    uint32_t most;
    bool reloads; /* holds after SIGHUP */
};

#define TEXT(section, name, member)                                                                                              \
    { section, name, VALUE_TEXT, offsetof(struct config, member), 0, 0, false }
#define PATH(section, name, member)                                                                                              \
    { section, name, VALUE_PATH, offsetof(struct config, member), 0, 0, false }
#define NUMBER(section, name, member, least, most, reloads)                                                                      \
    { section, name, VALUE_NUMBER, offsetof(struct config, member), least, most, reloads }

static const struct key keys[] = {
    PATH("daemon", "socket", socket),
    PATH("daemon", "state_directory", state_directory),
    NUMBER("daemon", "sessions", sessions, 1, 65536, true),
    NUMBER("daemon", "sessions_per_user", sessions_per_user, 1, 65536, true),
    NUMBER("daemon", "connections_per_second", connections_per_second, 0, 1000000, true),
    NUMBER("daemon", "pending_limit", pending_limit_ms, 1, 3600000, false),
    PATH("driver", "chain", chain),
    TEXT("driver", "key", key),
    PATH("driver", "passphrase_file", passphrase_file),
    TEXT("outputs", "backend", backend),
    PATH("outputs", "description", description),
    PATH("outputs", "events", events),
    PATH("outputs", "device", device),
    NUMBER("outputs", "hdcp_type", hdcp_type, 0, 1, false),
    TEXT("outputs", "display", display),
    TEXT("outputs", "connectors", connectors),
    NUMBER("outputs", "trust_server", trust_server, 0, 1, false),
    TEXT("metrics", "address", metrics_address),
    PATH("metrics", "file", metrics_file),
};
#define KEYS (sizeof keys / sizeof keys[0])

static const struct config defaults = {.socket = COPP_SOCKET_DEFAULT,
                                       .state_directory = STATE_DIRECTORY,
                                       .sessions = 4096,
                                       .sessions_per_user = 256,
                                       .connections_per_second = 200,
                                       .pending_limit_ms = COPP_PENDING_LIMIT_MS,
                                       .backend = "auto"};

struct reading {
    const char *name;
    struct config *config;
    struct fault *fault;
    uint32_t seen; /* a bit a key */
    bool failed;
};

static bool read_number(const struct reading *r, const struct key *key, const char *text, uint32_t *number) {
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || value < key->least || value > key->most)
        return fault_set(r->fault, "%s: [%s] %s: \"%.40s\" is no number from %u to %u", r->name, key->section, key->name, text,
                         (unsigned)key->least, (unsigned)key->most);
    *number = (uint32_t)value;
    return true;
}

static bool read_value(const struct reading *r, const struct key *key, const char *text) {
    void *member = (char *)r->config + key->offset;
    if (key->kind == VALUE_NUMBER)
        return read_number(r, key, text, member);
    if (key->kind == VALUE_PATH && text[0] && text[0] != '/')
        return fault_set(r->fault, "%s: [%s] %s: \"%.80s\" does not begin with '/': give the whole path", r->name, key->section,
                         key->name, text);
    (void)snprintf(member, CONFIG_TEXT, "%s", text); /* a line is shorter */
    return true;
}

static bool take(struct reading *r, const char *section, const char *name, const char *text) {
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].section, section) != 0 || strcmp(keys[i].name, name) != 0)
            continue;
        if (r->seen & (1u << i))
            return fault_set(r->fault, "%s: [%s] %s is given twice: keep one", r->name, section, name);
        r->seen |= 1u << i;
        return read_value(r, &keys[i], text);
    }
    return fault_set(r->fault, "%s: [%.40s] %.40s is no setting: see coppd.conf(5)", r->name, section, name);
}

static int on_value(void *user, const char *section, const char *name, const char *text) {
    struct reading *r = user;
    if (!r->failed)
        r->failed = !take(r, section, name, text);
    return !r->failed;
}

static bool lines_fit(const struct reading *r, const char *text) {
    for (unsigned line = 1; *text; line++) {
        size_t length = strcspn(text, "\n");
        if (length > INI_LINE)
            return fault_set(r->fault, "%s: line %u is longer than %u characters", r->name, line, INI_LINE);
        text += length + (text[length] != 0);
    }
    return true;
}

static bool consistent(const struct config *config, const char *name, struct fault *fault) {
    if (!config->chain[0] != !config->key[0])
        return fault_set(fault, "%s: [driver] has one of chain and key: give both, or neither for a test hierarchy", name);
    if (config->passphrase_file[0] && !config->key[0])
        return fault_set(fault, "%s: [driver] passphrase_file goes with key", name);
    if (!config->socket[0] || !config->state_directory[0])
        return fault_set(fault, "%s: [daemon] socket and state_directory may not be empty", name);
    if (!backend_known(config->backend))
        return fault_set(fault, "%s: [outputs] backend: \"%.40s\" is none: give auto or sim", name, config->backend);
    return true;
}

bool config_load(const char *name, struct config *config, struct fault *fault) {
    struct reading r = {.name = name ? name : CONFIG_DEFAULT_FILE, .config = config, .fault = fault};
    char *text = NULL;
    size_t size;
    *config = defaults;
    if (!name && file_is_absent(CONFIG_DEFAULT_FILE))
        return true;
    if (!file_read(r.name, CONFIG_FILE_MAX, &text, &size, fault))
        return false;
    bool good = strlen(text) == size || fault_set(fault, "%s: holds a NUL character: give a text file", r.name);
    good = good && lines_fit(&r, text);
    int line = good ? ini_parse_string(text, on_value, &r) : 0;
    free(text);
    if (good && !r.failed && line)
        good = fault_set(fault, "%s: line %d is neither [section] nor name = value", r.name, line);
    return good && !r.failed && consistent(config, r.name, fault);
}

bool config_take_over(struct config *config, const struct config *next) {
    bool all = true;
    for (size_t i = 0; i < KEYS; i++) {
        void *old = (char *)config + keys[i].offset;
        const void *new = (const char *)next + keys[i].offset;
        if (keys[i].kind != VALUE_NUMBER)
            all = all && strcmp(old, new) == 0;
        else if (keys[i].reloads)
            memcpy(old, new, sizeof(uint32_t));
        else
            all = all && *(const uint32_t *)old == *(const uint32_t *)new;
    }
    return all;
}
