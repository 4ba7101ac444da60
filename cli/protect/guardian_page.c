#include "guardian_page.h"

#include <stddef.h>
#include <sys/mman.h>
#include <time.h>

struct guardian_page *guardian_page_new(void) {
    void *page = mmap(NULL, sizeof(struct guardian_page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

void guardian_page_free(struct guardian_page *page) {
    if (page)
        (void)munmap(page, sizeof *page);
}

uint64_t guardian_now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

enum guardian_state guardian_page_state(struct guardian_page *page) {
    return (enum guardian_state)atomic_load(&page->state);
}

bool guardian_page_change(struct guardian_page *page, enum guardian_state from, enum guardian_state to) {
    int expected = (int)from;
    return atomic_compare_exchange_strong(&page->state, &expected, (int)to);
}
