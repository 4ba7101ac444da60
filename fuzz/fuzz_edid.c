/*
 * What displays say of themselves, and what players say of displays: edid_ops.h. An EDID gives printable texts within their bounds, and
 * the same ones wherever it ends; a name is true of a connector or not, and says the same whoever asks.
 */
#include <stdlib.h>
#include <string.h>

#include "edid_ops.h"
#include "fuzz.h"
#include "monitors/internal.h"

#define TEXT_MAX 200u

static void check_text(const char *text, size_t size) {
    const char *end = memchr(text, 0, size);
    CHECK(end);
    for (const char *c = text; *c; c++)
        CHECK(*c >= ' ' && *c <= '~');
    CHECK(end == text || end[-1] != ' ');
    for (size_t i = (size_t)(end - text); i < size; i++)
        CHECK(text[i] == 0);
}

static bool is_plausible(const uint8_t *bytes, size_t size) {
    uint8_t sum = 0;
    for (size_t i = 0; i < size && i < COPP_EDID_SIZE; i++)
        sum = (uint8_t)(sum + bytes[i]);
    return size >= COPP_EDID_SIZE && sum == 0 && bytes[0] == 0 && bytes[1] == 0xff;
}

static bool is_same(const struct copp_edid *a, const struct copp_edid *b) {
    return a->product == b->product && a->serial == b->serial && strcmp(a->manufacturer, b->manufacturer) == 0 &&
           strcmp(a->name, b->name) == 0 && strcmp(a->serial_text, b->serial_text) == 0 && strcmp(a->display, b->display) == 0;
}

static void read_edid(const uint8_t *bytes, size_t size) {
    struct copp_edid edid = {.size = sizeof edid};
    struct copp_edid again = {.size = sizeof again};
    uint8_t *exact = malloc(size ? size : 1); /* sanitizers see where it ends */
    CHECK(exact);
    memcpy(exact, bytes, size);
    enum copp_result result = copp_edid_read(exact, size, &edid);
    CHECK(result == COPP_OK || result == (size < COPP_EDID_SIZE ? COPP_E_TRUNCATED : COPP_E_INVALID));
    CHECK(result || is_plausible(bytes, size));
    CHECK((result == COPP_OK) == (edid.display[0] != 0) && strlen(edid.manufacturer) == (result ? 0 : 3));
    check_text(edid.manufacturer, sizeof edid.manufacturer);
    check_text(edid.name, sizeof edid.name);
    check_text(edid.serial_text, sizeof edid.serial_text);
    check_text(edid.display, sizeof edid.display);
    CHECK(result || strncmp(edid.display, edid.manufacturer, 3) == 0);
    CHECK(!result || (!edid.serial && !edid.product && !edid.name[0] && !edid.serial_text[0]));
    if (!result)
        CHECK(copp_edid_read(exact, COPP_EDID_SIZE, &again) == COPP_OK && is_same(&edid, &again));
    free(exact);
}

static void read_sealed(struct fuzz_input *input) {
    static const uint8_t header[] = {0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    uint8_t block[COPP_EDID_SIZE];
    uint8_t sum = 0;
    fuzz_fill(input, block, sizeof block);
    memcpy(block, header, sizeof header);
    for (size_t i = 0; i < sizeof block - 1; i++)
        sum = (uint8_t)(sum + block[i]);
    block[sizeof block - 1] = (uint8_t)-sum;
    read_edid(block, sizeof block);
}

/* Up to a NUL, in memory of just that size. */
static char *take_text(struct fuzz_input *input, size_t max) {
    size_t length = 0;
    while (length < input->left && length < max && input->next[length])
        length++;
    char *text = malloc(length + 1);
    CHECK(text);
    fuzz_fill(input, (uint8_t *)text, length);
    text[length] = 0;
    if (input->left)
        (void)fuzz_u8(input);
    return text;
}

static bool matches(const struct connector *connector, const struct copp_monitor_query *query) {
    struct known known;
    enum copp_result result = copp_monitor_known(query, &known);
    CHECK(result == COPP_OK || result == COPP_E_ARGUMENT);
    return !result && copp_monitor_matches(connector, &known);
}

/* What matches as itself matches as anything; and a message about it is within its bounds. */
static void say(struct copp_monitors *monitors, const char *said) {
    const struct connector *connector = &monitors->connectors[0];
    const struct copp_monitor_query as_connector = {.size = sizeof as_connector, .connector = said};
    const struct copp_monitor_query as_randr = {.size = sizeof as_randr, .randr = said};
    const struct copp_monitor_query as_wayland = {.size = sizeof as_wayland, .wayland = said};
    const struct copp_monitor_query as_text = {.size = sizeof as_text, .text = said};
    const bool whole = strncmp(said, "card", 4) == 0;
    const bool word = strchr(said, ':') != NULL;
    char why[COPP_MONITOR_WHY_SIZE];
    struct known known;
    bool known_by_name = matches(connector, &as_connector) || matches(connector, &as_randr) || matches(connector, &as_wayland);
    CHECK(!known_by_name || whole || word || matches(connector, &as_text));
    CHECK(!*said || matches(connector, &as_connector) ==
                        (strcmp(said, connector->kernel_name) == 0 || strcmp(said, connector->monitor.connector) == 0));
    if (copp_monitor_known(&as_text, &known))
        return;
    memset(why, 'x', sizeof why);
    copp_monitor_explain(monitors, &known, copp_monitor_matches(connector, &known), why, sizeof why);
    const char *end = memchr(why, 0, sizeof why);
    CHECK(end);
    for (const char *c = why; *c; c++)
        CHECK(*c >= ' ' && *c <= '~');
}

/* sysfs.c has seen to the connector's name: "card0-" and letters, digits and dashes. */
static void read_names(struct fuzz_input *input) {
    static const char *const drivers[] = {"", "i915", "amdgpu", "radeon", "nvidia-drm"};
    struct copp_monitors *monitors = calloc(1, sizeof *monitors);
    CHECK(monitors);
    struct connector *connector = &monitors->connectors[0];
    char *name = take_text(input, COPP_CONNECTOR_NAME_SIZE - sizeof "card0-");
    unsigned driver = fuzz_one_of(input, sizeof drivers / sizeof drivers[0]);
    char *said = take_text(input, TEXT_MAX);
    monitors->count = 1;
    strcpy(connector->driver, drivers[driver]);
    strcpy(connector->monitor.card, "card0");
    strcpy(connector->monitor.connector, "card0-");
    for (char *c = name; *c; c++) {
        bool letter = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        *c = letter ? *c : '-';
    }
    strcat(connector->monitor.connector, name);
    connector->kernel_name = connector->monitor.connector + strlen("card0-");
    say(monitors, said);
    free(said);
    free(name);
    free(monitors);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, size};
    switch (fuzz_one_of(&input, EDID_OPS)) {
    case EDID_AS_IT_IS:
        read_edid(input.next, input.left);
        break;
    case EDID_SEALED:
        read_sealed(&input);
        break;
    default:
        read_names(&input);
    }
    return 0;
}
