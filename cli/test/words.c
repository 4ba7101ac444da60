#include "words.h"

#include <stdlib.h>
#include <string.h>

#define WORD_SIZE 4096u

/* What stands for name, which is size characters; NULL: nothing. */
static const char *value_of(const struct player_place *place, const char *name, size_t size) {
    const struct {
        const char *name, *value;
    } values[] = {
#ifndef _WIN32 /* there the driver is in a DLL of the player's, and its output is behind each monitor */
        {"socket", place->channel}, {"output", PLAN_OUTPUT},
#endif
        {"anchor", place->anchor},  {"crl", place->list},    {"srm", place->srm}, {"directory", place->directory}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        if (strlen(values[i].name) == size && strncmp(values[i].name, name, size) == 0)
            return values[i].value;
    }
    return NULL;
}

/* A word with what {socket} and others stand for; other braces stay. NULL: no memory, or it is too long. */
static char *fill_in(const char *word, const struct player_place *place) {
    char *filled = calloc(1, WORD_SIZE);
    size_t used = 0;
    while (filled != NULL && *word != '\0') {
        size_t size = *word == '{' ? strcspn(word, "}") : 0;
        const char *value = size > 0 && word[size] == '}' ? value_of(place, word + 1, size - 1) : NULL;
        size_t more = value != NULL ? strlen(value) : 1;
        if (used + more >= WORD_SIZE) {
            free(filled);
            return NULL;
        }
        memcpy(filled + used, value != NULL ? value : word, more);
        used += more;
        word += value != NULL ? size + 1 : 1;
    }
    return filled;
}

void player_words_free(char **words) {
    for (size_t i = 0; words != NULL && words[i] != NULL; i++)
        free(words[i]);
    free(words);
}

char **player_words(char **words, const struct player_place *place) {
    size_t count = 0;
    while (words[count] != NULL)
        count++;
    char **filled = calloc(count + 1, sizeof *filled);
    for (size_t i = 0; filled != NULL && i < count; i++) {
        filled[i] = fill_in(words[i], place);
        if (filled[i] == NULL) {
            player_words_free(filled);
            return NULL;
        }
    }
    return filled;
}
