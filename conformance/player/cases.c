#include "player.h"

static size_t add(const struct conformance_case *list, const struct conformance_case *cases[PLAYER_CASES_MAX], size_t count) {
    for (; list->id != NULL && count < PLAYER_CASES_MAX; list++)
        cases[count++] = list;
    return count;
}

size_t player_cases(const struct conformance_case *cases[PLAYER_CASES_MAX]) {
    size_t count = add(player_cases_copp, cases, 0);
    count = add(player_cases_chain, cases, count);
    return add(player_cases_opm, cases, count);
}
