#include "player.h"

size_t player_cases(const struct conformance_case *cases[PLAYER_CASES_MAX]) {
    const struct conformance_case *const lists[] = {player_cases_copp, player_cases_chain, player_cases_opm};
    size_t count = 0;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        for (const struct conformance_case *test = lists[i]; test->id != NULL && count < PLAYER_CASES_MAX; test++)
            cases[count++] = test;
    }
    return count;
}
