/* The words of a player's command, in which {anchor} and others stand for what a case has made. */
#ifndef COPP_CLI_TEST_WORDS_H
#define COPP_CLI_TEST_WORDS_H

#include "conformance/player/player.h"

/* The words (which end with NULL) with places filled in; NULL: no memory, or one is too long. */
char **player_words(char **words, const struct player_place *place);
void player_words_free(char **words); /* NULL: nothing */

#endif
