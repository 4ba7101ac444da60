#include "cards.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/number.h"
#include "common/transfer.h"
#include "stored_file.h"

#define CARDS "/sys/class/drm"

/* Connectors are called card0-HDMI-A-1, and have the card for their device. */
static bool is_card(const char *name, uint32_t *number) {
    return strncmp(name, "card", 4) == 0 && number_read_word(name + 4, 0, 9999, number);
}

static int by_number(const void *a, const void *b) {
    uint32_t left = *(const uint32_t *)a;
    uint32_t right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static size_t list_numbers(const char *root, uint32_t numbers[SRM_CARDS_MAX]) {
    size_t count = 0;
    uint32_t number;
    int fd = directory_open(root, CARDS);
    DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
    if (directory == NULL && fd >= 0)
        (void)close(fd);
    for (const struct dirent *entry; directory != NULL && count < SRM_CARDS_MAX && (entry = readdir(directory)) != NULL;) {
        if (is_card(entry->d_name, &number))
            numbers[count++] = number;
    }
    if (directory != NULL)
        (void)closedir(directory);
    qsort(numbers, count, sizeof *numbers, by_number);
    return count;
}

/* Its secure processor has no power then: whoever asks it waits until the driver gives up. */
static bool is_asleep(const char *root, const char *name) {
    char path[64];
    char state[16] = "";
    (void)snprintf(path, sizeof path, CARDS "/%s/device/power/runtime_status", name);
    int fd = open_below(root, path, O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t size = read_all(fd, state, sizeof state - 1);
    (void)close(fd);
    return size > 0 && strncmp(state, "suspended", strlen("suspended")) == 0;
}

static void name_card(struct srm_card *card, uint32_t number) {
    *card = (struct srm_card){.fd = -1};
    (void)snprintf(card->name, sizeof card->name, "card%u", (unsigned)number);
    (void)snprintf(card->path, sizeof card->path, CARDS "/%s/device/hdcp_srm", card->name);
}

/* Whether the card has the attribute, whether it may be opened or not. */
static bool has_attribute(const char *root, const struct srm_card *card) {
    int fd = open_below(root, card->path, O_PATH);
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 || errno == EACCES;
}

static void open_card(const char *root, struct srm_card *card) {
    card->asleep = is_asleep(root, card->name);
    if (card->asleep)
        return;
    card->fd = open_below(root, card->path, O_RDWR | O_NONBLOCK);
    card->error = card->fd < 0 ? errno : 0;
}

size_t srm_cards_open(const char *root, struct srm_card cards[SRM_CARDS_MAX]) {
    uint32_t numbers[SRM_CARDS_MAX];
    size_t all = list_numbers(root, numbers);
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        name_card(&cards[count], numbers[i]);
        if (!has_attribute(root, &cards[count]))
            continue;
        open_card(root, &cards[count]);
        count++;
    }
    return count;
}

void srm_cards_close(struct srm_card *cards, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (cards[i].fd >= 0)
            (void)close(cards[i].fd);
    }
}

size_t srm_cards_count(const char *root) {
    uint32_t numbers[SRM_CARDS_MAX];
    struct srm_card card;
    size_t all = list_numbers(root, numbers);
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        name_card(&card, numbers[i]);
        count += has_attribute(root, &card);
    }
    return count;
}
