/* copp srm: HDCP system renewability messages (SRM-1..5). */
#include <errno.h>

#include "cli/commands.h"
#include "cli/encode.h"
#include "cli/report.h"
#include "cli/srm.h"
#include "cli/unlike.h"
#ifdef __linux__
#include "cli/srm/firmware.h"
#include "cli/srm/stored_file.h"
#endif

struct srm_options {
    const char *key;
    const char *root;
};

#ifdef __linux__
#define FILES_MIN 0
#define FILES "[FILE]"
#define FILES_DETAILS                                                                                                            \
    "Without FILE, reads the list that this machine's kernel loads as firmware (exit status 1 if there\nis none)."
#define ROOT_OPTION                                                                                                              \
    {.name = "root",                                                                                                             \
     .kind = OPTION_TEXT,                                                                                                        \
     .offset = offsetof(struct srm_options, root),                                                                               \
     .argument = "DIR",                                                                                                          \
     .help = "without FILE: the tree whose kernel's list\nto use (default: /)"},
#define SHOW_BREAK "\n"
#else
#define FILES_MIN 1
#define FILES "FILE"
#define FILES_DETAILS ""
#define SHOW_BREAK ""
#define ROOT_OPTION
#endif

static const struct option_spec verify_options[] = {SRM_KEY_OPTION(struct srm_options, key), ROOT_OPTION{.name = NULL}};
static const struct option_spec show_options[] = {ROOT_OPTION{.name = NULL}};

/* What is looked at: a file's content, and its name. */
struct chosen {
    const char *name;
    struct blob message;
#ifdef __linux__
    struct firmware_file file;
#endif
};

#ifdef __linux__
static int read_installed(const struct invocation *in, const char *root, struct chosen *chosen) {
    chosen->name = chosen->file.path;
    if (!firmware_find(root, &chosen->file)) {
        firmware_path(root, FIRMWARE_DIRECTORY "/" FIRMWARE_LIST, chosen->file.path, sizeof chosen->file.path);
        return fail_with(in, STATUS_NO, chosen->name, "install one: copp srm install FILE",
                         "does not exist: the kernel treats no receiver as revoked");
    }
    switch (stored_read_below(root, chosen->file.below, COPP_SRM_SIZE_MAX, &chosen->message)) {
    case STORED_READ:
        return STATUS_YES;
    case STORED_LARGE:
        return fail(in, STATUS_NO, chosen->name, "is larger than any message (SRM-1)");
    default:
        return fail_to_read(in, chosen->name, "cannot be read", errno);
    }
}
#endif

/* STATUS_YES, or complains; free the message in any case. */
static int read_chosen(const struct invocation *in, struct chosen *chosen) {
    *chosen = (struct chosen){.name = in->operand_count > 0 ? in->operands[0] : ""};
#ifdef __linux__
    const struct srm_options *o = in->options;
    if (in->operand_count == 0)
        return read_installed(in, o->root != NULL ? o->root : "/", chosen);
    if (o->root != NULL)
        return fail(in, STATUS_UNKNOWN, NULL, "--root cannot be used with FILE");
#endif
    return read_file(in, chosen->name, COPP_SRM_SIZE_MAX, &chosen->message);
}

static int run_verify(const struct invocation *in) {
    const struct srm_options *o = in->options;
    struct chosen chosen;
    struct srm_key key;
    struct copp_srm *srm = NULL;
    struct copp_verdict verdict;
    int status = srm_key_open(in, o->key, &key);
    if (status == STATUS_YES) {
        status = read_chosen(in, &chosen);
        if (status == STATUS_YES)
            status = srm_verify(in, chosen.name, &chosen.message, &key, &srm, &verdict);
        if (status == STATUS_YES && in->json)
            status = print_json(json_srm(chosen.name, srm, true));
        else if (status == STATUS_YES)
            say("%s: valid: HDCP %u.x, version %u, %zu revoked, signed by the %s key", chosen.name, copp_srm_hdcp(srm),
                copp_srm_version(srm), copp_srm_count(srm), key.name);
        blob_free(&chosen.message);
    }
    copp_srm_free(&srm);
    srm_key_close(&key);
    return status;
}

static int print_message(const struct invocation *in, const char *name, const struct copp_srm *srm) {
    if (in->json)
        return print_json(json_srm(name, srm, false));
    say("%s: HDCP %u.x, version %u, generation %u, %zu revoked; signature not checked (see copp srm verify)", name,
        copp_srm_hdcp(srm), copp_srm_version(srm), copp_srm_generation(srm), copp_srm_count(srm));
    for (size_t i = 0; i < copp_srm_count(srm); i++) {
        char text[2 * COPP_KSV_SIZE + 1];
        hex_encode(copp_srm_entry(srm, i), COPP_KSV_SIZE, text);
        printf("  %s\n", text);
    }
    return STATUS_YES;
}

static int run_show(const struct invocation *in) {
    struct chosen chosen;
    struct copp_srm *srm = NULL;
    struct copp_verdict verdict;
    int status = read_chosen(in, &chosen);
    if (status == STATUS_YES) {
        enum copp_result result = copp_srm_parse(chosen.message.bytes, chosen.message.size, &srm, &verdict);
        status = result == COPP_OK ? print_message(in, chosen.name, srm)
                                   : fail_unlike(in, chosen.name, &chosen.message, KINDS_SRM, COLLECTION_CHAIN, result, &verdict);
    }
    blob_free(&chosen.message);
    copp_srm_free(&srm);
    return status;
}

const struct command command_srm_verify = {
    .name = "srm verify",
    .operands = FILES,
    .operands_min = FILES_MIN,
    .operands_max = 1,
    .summary = "Check an HDCP renewability message: layout and signature",
    .details = FILES_DETAILS,
    .options = verify_options,
    .options_size = sizeof(struct srm_options),
    .run = run_verify,
};

const struct command command_srm_show = {
    .name = "srm show",
    .operands = FILES,
    .operands_min = FILES_MIN,
    .operands_max = 1,
    .summary = "List the receivers an HDCP renewability message revokes",
    .details = FILES_DETAILS SHOW_BREAK "Checks the layout only, not whether the licensing body has signed the message.",
    .options = show_options,
    .options_size = sizeof(struct srm_options),
    .run = run_show,
};
