/* What a player lets one see: lines with markers, and what a frames command answers. */
#ifndef COPP_CLI_TEST_SIGHT_H
#define COPP_CLI_TEST_SIGHT_H

#include "conformance/player/player.h"

#define SIGHT_LINE 1024u
#define SIGHT_WORDS 200u
#define SIGHT_READS_MAX                                                                                                          \
    32u /* so often the output is read in one look: the driver has to answer one that prints without end, too */

struct sight_markers {
    const char *shown; /* NULL: none */
    const char *hidden;
};

struct sight {
    char line[SIGHT_LINE]; /* not ended yet */
    size_t length;
    char words[SIGHT_WORDS]; /* the last line, cleaned */
};

/* What the player has said. */
void sight_read(struct sight *sight, const struct sight_markers *markers, struct player_seen *seen, const char *bytes,
                size_t size, uint64_t now_ms);
/* Its output has ended: the last line need not have an end. */
void sight_end(struct sight *sight, const struct sight_markers *markers, struct player_seen *seen, uint64_t now_ms);
/* What a look at its frames, begun at a moment, has come to: content is shown, or not. */
void sight_frames(struct player_seen *seen, bool shown, uint64_t begun_ms, uint64_t now_ms);
/* Whether the player has ended by now, with that status. */
void sight_process(struct player_seen *seen, bool ended, int status, uint64_t now_ms);

#endif
