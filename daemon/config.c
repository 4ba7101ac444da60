#include "config.h"

#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "common/ini_lines.h"
#include "common/number.h"
#include "common/text.h"
#include "copp/socket.h"
#include "files.h"

#define CONFIG_FILE_MAX 65536u
#define STATE_DIRECTORY "/var/lib/coppd"
#define RUNTIME_DIRECTORY "/run/coppd/outputs"

enum value_kind {
    VALUE_TEXT,
    VALUE_PATH, /* absolute, or "" */
    VALUE_PLACE, /* absolute */
    VALUE_NUMBER
};

struct key {
    const char *section;
    const char *name; /* no two have the same */
    enum value_kind kind;
    size_t offset;
    uint32_t least;
    uint32_t most;
    bool reloads; /* holds after SIGHUP */
    const char *backend; /* the only one that looks at it; NULL: any does */
};

#define AT(section, name, kind, member) section, name, kind, offsetof(struct config, member)
#define TEXT(section, name, member, backend)                                                                                     \
    { AT(section, name, VALUE_TEXT, member), 0, 0, false, backend }
#define PATH(section, name, member, backend)                                                                                     \
    { AT(section, name, VALUE_PATH, member), 0, 0, false, backend }
#define PLACE(section, name, member)                                                                                             \
    { AT(section, name, VALUE_PLACE, member), 0, 0, false, NULL }
#define NUMBER(section, name, member, least, most, reloads)                                                                      \
    { AT(section, name, VALUE_NUMBER, member), least, most, reloads, NULL }
#define SWITCH(section, name, member, backend)                                                                                   \
    { AT(section, name, VALUE_NUMBER, member), 0, 1, false, backend }

static const struct key keys[] = {
    PLACE("daemon", "socket", socket),
    PLACE("daemon", "state_directory", state_directory),
    PLACE("daemon", "runtime_directory", runtime_directory),
    NUMBER("daemon", "sessions", sessions, 1, 65536, true),
    NUMBER("daemon", "sessions_per_user", sessions_per_user, 1, 65536, true),
    NUMBER("daemon", "connections_per_second", connections_per_second, 0, 1000000, true),
    NUMBER("daemon", "pending_limit", pending_limit_ms, 1, 3600000, false),
    PATH("driver", "chain", chain, NULL),
    TEXT("driver", "key", key, NULL),
    PATH("driver", "passphrase_file", passphrase_file, NULL),
    PATH("driver", "opm_chain", opm_chain, NULL),
    TEXT("driver", "opm_key", opm_key, NULL),
    PATH("driver", "opm_passphrase_file", opm_passphrase_file, NULL),
    TEXT("outputs", "backend", backend, NULL),
    PATH("outputs", "description", description, "sim"),
    PATH("outputs", "events", events, "sim"),
    PATH("outputs", "device", device, "kms"),
    SWITCH("outputs", "hdcp_type", hdcp_type, "kms"),
    TEXT("outputs", "lenders", lenders, "kms"),
    TEXT("outputs", "display", display, "xrandr"),
    TEXT("outputs", "connectors", connectors, "xrandr"),
    SWITCH("outputs", "trust_server", trust_server, "xrandr"),
    TEXT("outputs", "srm_keys", srm_keys, NULL),
    TEXT("metrics", "address", metrics_address, NULL),
    PATH("metrics", "file", metrics_file, NULL),
};
#define KEYS (sizeof keys / sizeof keys[0])

static const struct config defaults = {.socket = COPP_SOCKET_DEFAULT,
                                       .state_directory = STATE_DIRECTORY,
                                       .runtime_directory = RUNTIME_DIRECTORY,
                                       .sessions = 4096,
                                       .sessions_per_user = 256,
                                       .connections_per_second = 200,
                                       .pending_limit_ms = COPP_PENDING_LIMIT_MS,
                                       .backend = "auto",
                                       .srm_keys = "production"};

struct reading {
    const char *name;
    struct config *config;
    struct error_text *error;
    struct ini_lines lines;
    unsigned line_of[KEYS]; /* where each key is; 0: nowhere */
    bool failed;
};

static struct error_text *at_line(const struct reading *r, unsigned line) {
    return fault_in_file(r->error, r->name, line);
}

static bool read_value(const struct reading *r, const struct key *key, const char *text) {
    void *member = (char *)r->config + key->offset;
    if (key->kind == VALUE_NUMBER)
        return number_read_word(text, key->least, key->most, member) ||
               fault_add(at_line(r, r->lines.line), "[%s] %s: \"%.40s\" is not a number from %u to %u", key->section, key->name,
                         text, (unsigned)key->least, (unsigned)key->most);
    bool path = key->kind == VALUE_PLACE || (key->kind == VALUE_PATH && text[0]);
    if (path && text[0] != '/')
        return fault_add(at_line(r, r->lines.line), "[%s] %s: \"%.80s\" must begin with '/': give the absolute path",
                         key->section, key->name, text);
    (void)snprintf(member, CONFIG_TEXT, "%s", text); /* a line is shorter */
    return true;
}

/* KEYS: there is none of that name. */
static size_t find_key(const char *name) {
    size_t i = 0;
    while (i < KEYS && strcmp(keys[i].name, name) != 0)
        i++;
    return i;
}

static bool take(struct reading *r, const char *section, const char *name, const char *text) {
    size_t i = find_key(name);
    if (i == KEYS)
        return fault_add(at_line(r, r->lines.line), "unknown setting \"%.40s\": see coppd.conf(5)", name);
    if (!section[0])
        return fault_add(at_line(r, r->lines.line), "%s comes before every section: put it below [%s]", name, keys[i].section);
    if (strcmp(keys[i].section, section) != 0)
        return fault_add(at_line(r, r->lines.line), "%s is not a setting of [%.40s]: put it below [%s]", name, section,
                         keys[i].section);
    if (r->line_of[i])
        return fault_add(at_line(r, r->lines.line), "[%s] %s is given twice, first in line %u: keep one", section, name,
                         r->line_of[i]);
    r->line_of[i] = r->lines.line;
    return read_value(r, &keys[i], text);
}

static int on_value(void *user, const char *section, const char *name, const char *text) {
    struct reading *r = user;
    if (!r->failed)
        r->failed = !take(r, section, name, text);
    return !r->failed;
}

static bool is_section(const char *name, size_t length) {
    for (size_t i = 0; i < KEYS; i++) {
        if (strlen(keys[i].section) == length && strncmp(keys[i].section, name, length) == 0)
            return true;
    }
    return false;
}

/* inih tells nothing of a section without settings: one whose name is misspelt would pass. */
static bool section_known(const struct reading *r, const char *line) {
    const char *name = line + strspn(line, " \t");
    size_t length = *name == '[' ? strcspn(name + 1, "]\n") : 0;
    if (*name != '[' || name[1 + length] != ']' || is_section(name + 1, length))
        return true; /* inih finds what else is wrong */
    return fault_add(at_line(r, r->lines.line), "unknown section [%.*s]: see coppd.conf(5)", length < 40 ? (int)length : 40,
                     name + 1);
}

static char *next_line(char *line, int size, void *user) {
    struct reading *r = user;
    char *read = r->failed ? NULL : ini_next_line(&r->lines, line, size);
    if (r->lines.too_long && !r->failed)
        r->failed = !fault_add(at_line(r, r->lines.line), "is longer than %u characters", INI_LINE_MAX);
    if (read && !r->failed)
        r->failed = !section_known(r, read);
    return r->failed ? NULL : read;
}

static unsigned line_of(const struct reading *r, const char *name) {
    return r->line_of[find_key(name)];
}

static bool opm_consistent(const struct reading *r) {
    const struct config *config = r->config;
    unsigned chain = line_of(r, "opm_chain");
    unsigned key = line_of(r, "opm_key");
    if (!config->opm_chain[0] != !config->opm_key[0])
        return fault_add(at_line(r, chain > key ? chain : key),
                         "[driver] has only one of opm_chain and opm_key: give both, or neither for a driver without OPM");
    if (config->opm_key[0] && !config->key[0])
        return fault_add(at_line(r, key),
                         "[driver] opm_chain and opm_key need chain and key: add these two, or remove the OPM ones");
    return !config->opm_passphrase_file[0] || config->opm_key[0] ||
           fault_add(at_line(r, line_of(r, "opm_passphrase_file")),
                     "[driver] opm_passphrase_file needs opm_key: add the key, or remove the passphrase file");
}

static bool driver_consistent(const struct reading *r) {
    unsigned chain = line_of(r, "chain");
    unsigned key = line_of(r, "key");
    unsigned passphrase = line_of(r, "passphrase_file");
    if (!r->config->chain[0] != !r->config->key[0])
        return fault_add(at_line(r, chain > key ? chain : key),
                         "[driver] has only one of chain and key: give both, or neither for a test hierarchy");
    if (r->config->passphrase_file[0] && !r->config->key[0])
        return fault_add(at_line(r, passphrase),
                         "[driver] passphrase_file needs key: add the key, or remove the passphrase file");
    return opm_consistent(r);
}

/* An empty text says nothing, as if it were not there. */
static bool is_given(const struct reading *r, size_t key) {
    const char *text = (const char *)r->config + keys[key].offset;
    return r->line_of[key] && (keys[key].kind == VALUE_NUMBER || text[0]);
}

static bool outputs_consistent(const struct reading *r) {
    const char *backend = r->config->backend;
    unsigned driver = r->config->key[0] ? line_of(r, "key") : 0;
    char known[80];
    backend_names(known, sizeof known);
    if (!backend_known(backend))
        return fault_add(at_line(r, line_of(r, "backend")), "[outputs] backend: unknown backend \"%.40s\": give %s", backend,
                         known);
    /* a maker's certificates say that a display is protected: never of simulated displays */
    if (strcmp(backend, "sim") == 0 && driver)
        return fault_add(at_line(r, line_of(r, "backend")),
                         "[outputs] backend = sim cannot be combined with the [driver] of line %u, which would vouch for outputs "
                         "that protect nothing: remove one",
                         driver);
    for (size_t i = 0; i < KEYS; i++) {
        if (is_given(r, i) && keys[i].backend && !backend_is(backend, keys[i].backend))
            return fault_add(at_line(r, r->line_of[i]), "[outputs] %s is for backend = %s, but backend is %s: remove one",
                             keys[i].name, keys[i].backend, backend);
    }
    return true;
}

bool config_load(const char *name, struct config *config, struct error_text *error) {
    struct reading r = {.name = name ? name : CONFIG_DEFAULT_FILE, .config = config, .error = error};
    char *text = NULL;
    size_t size;
    *config = defaults;
    if (!name && file_is_absent(CONFIG_DEFAULT_FILE))
        return true;
    if (!file_read(r.name, CONFIG_FILE_MAX, &text, &size, error))
        return false;
    bool good = strlen(text) == size || error_set(error, "%s: holds a NUL character: give a text file", r.name);
    r.lines.text = text + byte_order_mark(text);
    int line = good ? ini_parse_stream(next_line, &r, on_value, &r) : 0;
    free(text);
    if (good && line < 0)
        good = error_set(error, "%s: out of memory", r.name);
    if (good && !r.failed && line)
        good = fault_add(at_line(&r, (unsigned)line), "is neither [section] nor name = value");
    return good && !r.failed && driver_consistent(&r) && outputs_consistent(&r);
}

bool config_has_driver(const struct config *config) {
    return config->key[0];
}

static bool is_driver(const struct key *key) {
    return strcmp(key->section, "driver") == 0;
}

bool config_take_over(struct config *config, const struct config *next) {
    bool both = config_has_driver(config) && config_has_driver(next);
    bool all = true;
    for (size_t i = 0; i < KEYS; i++) {
        void *old = (char *)config + keys[i].offset;
        const void *new = (const char *)next + keys[i].offset;
        if (keys[i].kind != VALUE_NUMBER)
            all = all && (strcmp(old, new) == 0 || (both && is_driver(&keys[i])));
        else if (keys[i].reloads)
            memcpy(old, new, sizeof(uint32_t));
        else
            all = all && *(const uint32_t *)old == *(const uint32_t *)new;
    }
    return all;
}
