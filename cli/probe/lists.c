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

#define DAY_S 86400
#define INSTALL "fetch the HDCP licensing body's list and install it: copp srm install FILE"

/* The format has no date: the file's is the only age there is. */
static void describe_age(const char *root, const struct firmware_file *file, char *text, size_t size) {
    struct stat status;
    int fd = open_below(root, file->below, O_PATH);
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
    describe_age(root, file, age, sizeof age);
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
        findings_add(findings, FINDING_NOTE, "revocation list", INSTALL, "none: drivers let every revoked receiver in");
    else if (is_compressed(file.path))
        findings_add(findings, FINDING_UNKNOWN, "revocation list", INSTALL ", which goes before a compressed one",
                     "%s: compressed, and not looked into", file.path);
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
                     "none: the driver lets every revoked receiver in");
    else
        findings_add(findings, FINDING_UNKNOWN, "driver's revocation list",
                     "see what the kernel says of its HDCP firmware (dmesg)", "%s: %s", card->path, strerror(errno));
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

void probe_lists(const struct invocation *in, const char *root, const char *key_name, struct findings *findings) {
    struct error_note note = {.text = ""};
    struct invocation quiet = *in;
    struct srm_key key;
    struct srm_card cards[SRM_CARDS_MAX];
    quiet.note = &note;
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
