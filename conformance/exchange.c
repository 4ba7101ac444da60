#include "exchange.h"

#include <stdlib.h>
#include <string.h>

/* The bytes of all parts lie in one allocation behind the first. */
static uint8_t *append(uint8_t **next, const uint8_t *bytes, size_t size) {
    uint8_t *at = *next;
    if (size == 0)
        return NULL;
    memcpy(at, bytes, size);
    *next += size;
    return at;
}

static bool copy(const struct exchange *from, struct exchange *to) {
    const char *note = from->note != NULL ? from->note : "";
    size_t size = strlen(note) + 1 + from->request_size + from->additional_size + from->answer_size;
    uint8_t *next = malloc(size);
    if (next == NULL)
        return false;
    *to = *from;
    to->note = (const char *)append(&next, (const uint8_t *)note, strlen(note) + 1);
    to->request = append(&next, from->request, from->request_size);
    to->additional = append(&next, from->additional, from->additional_size);
    to->answer = append(&next, from->answer, from->answer_size);
    return true;
}

bool exchange_add(struct exchange_list *list, const struct exchange *exchange) {
    struct exchange *items = realloc(list->items, (list->count + 1) * sizeof *items);
    if (items == NULL)
        return false;
    list->items = items;
    if (!copy(exchange, &items[list->count]))
        return false;
    list->count++;
    return true;
}

void exchange_list_free(struct exchange_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free((char *)(uintptr_t)list->items[i].note); /* the first of its parts */
    free(list->items);
    *list = (struct exchange_list){.items = NULL};
}

const char *exchange_kind_name(enum exchange_kind kind) {
    static const char *const names[] = {"",       "open",  "KeyExchange", "SequenceStart", "command",
                                        "status", "close", "event",       "note"};
    return (size_t)kind < sizeof names / sizeof *names ? names[kind] : "";
}
