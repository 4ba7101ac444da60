#include "lists.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/report.h"
#include "cli/srm/attribute.h"
#include "cli/srm/cards.h"
#include "cli/srm/firmware.h"
#include "cli/srm/stored_list.h"
#include "copp/opm.h"

#define DAY_S 86400
#define COPPD_STATE "/var/lib/coppd" /* unless coppd.conf names another state_directory */
#define INSTALL "fetch the HDCP licensing body's list and install it: copp srm install FILE"

/* The format has no date: the file's is the only age there is. */
static void describe_age(const char *root, const char *below, char *text, size_t size) {
    struct stat status;
    int fd = open_below(root, below, O_PATH);
    text[0] = 0;
    if (fd >= 0 && fstat(fd, &status) == 0)
        (void)snprintf(text, size, ", stored %lld days ago", ((long long)time(NULL) - (long long)status.st_mtime) / DAY_S);
    if (fd >= 0)
        (void)close(fd);
}

static void add_valid(struct findings *findings, const char *root, const struct firmware_file *file,
                      const struct stored_list *list) {
    char age[48];
    size_t all = copp_srm_count(list->srm);
    size_t read = firmware_reads(list->srm, list->bytes.bytes);
    describe_age(root, file->below, age, sizeof age);
    findings_add(findings, FINDING_GOOD, "revocation list", NULL, "HDCP %u.x, version %u, %zu revoked%s",
                 copp_srm_hdcp(list->srm), copp_srm_version(list->srm), all, age);
    if (read < all)
        findings_add(findings, FINDING_NOTE, "revocation list", "give players the list as well: copp protect --srm FILE",
                     "the kernel reads %zu of its %zu receivers", read, all);
}

/* The kernel's drivers do not verify its signature. */
static void judge_file(struct findings *findings, const char *root, const struct firmware_file *file, const struct srm_key *key) {
    struct stored_list list = {.state = LIST_ABSENT};
    struct blob bytes;
    enum stored_state state = stored_read_below(root, file->below, COPP_SRM_SIZE_MAX, &bytes);
    int error = errno;
    if (state == STORED_READ)
        stored_list_judge(&list, bytes, key);
    if (state == STORED_FAILED)
        findings_add(findings, FINDING_UNKNOWN, "revocation list", "run copp probe as root", "%s: %s", file->path,
                     strerror(error));
    else if (state != STORED_READ)
        findings_add(findings, FINDING_BAD, "revocation list", INSTALL, "%s: not a file that holds a list", file->path);
    else if (list.state == LIST_VALID)
        add_valid(findings, root, file, &list);
    else if (list.state == LIST_DAMAGED)
        findings_add(findings, FINDING_BAD, "revocation list", INSTALL, "%s: %s (%s)", file->path, list.verdict.detail,
                     copp_rule_id(list.verdict.rule));
    else
        findings_add(findings, FINDING_UNKNOWN, "revocation list", "verify it with copp srm verify", "%s: %s", file->path,
                     copp_strerror(list.result));
    stored_list_free(&list);
}

static bool is_compressed(const char *path) {
    size_t length = strlen(path);
    size_t plain = strlen(FIRMWARE_LIST);
    return length < plain || strcmp(path + length - plain, FIRMWARE_LIST) != 0;
}

static void find_file(struct findings *findings, const char *root, const struct srm_key *key) {
    struct firmware_file file;
    findings_at(findings, "kernel");
    if (!firmware_find(root, &file))
        findings_add(findings, FINDING_NOTE, "revocation list", INSTALL, "none: drivers accept revoked receivers");
    else if (is_compressed(file.path))
        findings_add(findings, FINDING_UNKNOWN, "revocation list", INSTALL ", which takes precedence over a compressed one",
                     "%s: compressed, so it is not examined", file.path);
    else
        judge_file(findings, root, &file, key);
}

/* --- what amdgpu's secure processor has --- */

static void judge_card(struct findings *findings, const struct srm_key *key, struct blob bytes) {
    struct stored_list list;
    stored_list_judge(&list, bytes, key);
    if (list.state == LIST_VALID)
        findings_add(findings, FINDING_GOOD, "driver's revocation list", NULL, "HDCP %u.x, version %u, %zu revoked",
                     copp_srm_hdcp(list.srm), copp_srm_version(list.srm), copp_srm_count(list.srm));
    else
        findings_add(findings, list.state == LIST_DAMAGED ? FINDING_BAD : FINDING_UNKNOWN, "driver's revocation list",
                     "hand it a list that verifies: copp srm sync, as root", "%s",
                     list.state == LIST_DAMAGED ? list.verdict.detail : copp_strerror(list.result));
    stored_list_free(&list);
}

static void read_card(struct findings *findings, const struct srm_card *card, const struct srm_key *key) {
    int fd = card->fd;
    const struct srm_attribute attribute = {&srm_attribute_file, &fd};
    struct blob bytes = {.bytes = malloc(SRM_ATTRIBUTE_MAX)};
    ssize_t size = bytes.bytes ? srm_attribute_get(&attribute, bytes.bytes) : -1;
    if (size > 0) {
        bytes.size = (size_t)size;
        judge_card(findings, key, bytes);
        return;
    }
    if (size == 0)
        findings_add(findings, FINDING_NOTE, "driver's revocation list",
                     "hand it one: copp srm sync, as root; copp-srm.service does so at each boot",
                     "none: the driver accepts revoked receivers");
    else
        findings_add(findings, FINDING_UNKNOWN, "driver's revocation list",
                     "see the kernel's messages about its HDCP firmware (dmesg)", "%s: %s", card->path, strerror(errno));
    free(bytes.bytes);
}

static void find_card(struct findings *findings, const struct srm_card *card, const struct srm_key *key) {
    findings_at(findings, card->name);
    if (card->asleep)
        findings_add(findings, FINDING_NOTE, "driver's revocation list", "run copp probe again while the card shows a picture",
                     "not asked: the card is powered down");
    else if (card->fd < 0)
        findings_add(findings, FINDING_UNKNOWN, "driver's revocation list", "run copp probe as root", "%s: %s", card->path,
                     strerror(card->error));
    else
        read_card(findings, card, key);
}

/* --- what coppd keeps for sessions of OPM --- */

static void judge_kept(struct findings *findings, const char *root, const char *path, unsigned hdcp, const struct blob *bytes) {
    struct copp_srm *srm = NULL;
    struct copp_verdict verdict = {.detail = ""};
    char age[48];
    enum copp_result result = copp_srm_parse(bytes->bytes, bytes->size, &srm, &verdict);
    describe_age(root, path, age, sizeof age);
    if (!result && copp_srm_hdcp(srm) == hdcp)
        findings_add(findings, FINDING_GOOD, "OPM's revocation list", NULL, "HDCP %u.x, version %u, %zu revoked%s", hdcp,
                     copp_srm_version(srm), copp_srm_count(srm), age);
    else if (!result || result == COPP_E_INVALID)
        findings_add(findings, FINDING_BAD, "OPM's revocation list", "restore the list, or remove the file: coppd does not start",
                     "%s: %s", path, result ? verdict.detail : "a list of the other kind of HDCP");
    else
        findings_add(findings, FINDING_UNKNOWN, "OPM's revocation list", NULL, "%s: %s", path, copp_strerror(result));
    copp_srm_free(&srm);
}

/* OPM-SRM-4. coppd has verified what it has put there, and does so at each start, by keys that it alone knows. */
static void find_kept(struct findings *findings, const char *root, unsigned hdcp) {
    struct blob bytes;
    char path[64];
    (void)snprintf(path, sizeof path, COPPD_STATE "/hdcp%u.srm", hdcp);
    enum stored_state state = stored_read_below(root, path, COPP_OPM_ADDITIONAL_MAX, &bytes);
    if (state == STORED_READ)
        judge_kept(findings, root, path, hdcp, &bytes);
    else if (state == STORED_ABSENT)
        findings_add(findings, FINDING_NOTE, "OPM's revocation list",
                     "bring it one: copp protect --semantics opm --srm FILE -- COMMAND",
                     "HDCP %u.x: none in " COPPD_STATE ", so that no device counts as revoked for OPM's sessions", hdcp);
    else if (state == STORED_FAILED)
        findings_add(findings, FINDING_UNKNOWN, "OPM's revocation list", "run copp probe as root", "%s: %s", path,
                     strerror(errno));
    else
        findings_add(findings, FINDING_BAD, "OPM's revocation list", "remove it: coppd does not start",
                     "%s: not a file that holds a list", path);
    free(bytes.bytes);
}

void probe_lists(const struct invocation *in, const char *root, const char *key_name, struct findings *findings) {
    struct error_note note = {.text = ""};
    struct invocation quiet = *in;
    struct srm_key key;
    struct srm_card cards[SRM_CARDS_MAX];
    quiet.note = &note;
    findings_at(findings, "coppd's lists");
    find_kept(findings, root, 1);
    find_kept(findings, root, 2);
    if (srm_key_open(&quiet, key_name, &key) == STATUS_YES) {
        size_t count = srm_cards_open(root, cards);
        find_file(findings, root, &key);
        for (size_t i = 0; i < count; i++)
            find_card(findings, &cards[i], &key);
        srm_cards_close(cards, count);
    } else {
        findings_at(findings, "kernel");
        findings_add(findings, FINDING_UNKNOWN, "revocation list", note.remedy[0] ? note.remedy : NULL, "%s", note.text);
    }
    srm_key_close(&key);
}
