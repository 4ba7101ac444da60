#include "case.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

uint64_t clock_us(void) {
#ifdef _WIN32
    return clock_ms() * 1000u;
#else
    return clock_ns() / 1000u;
#endif
}

bool case_going(const struct case_run *run) {
    return run->outcome->result == CASE_PASS;
}

bool case_fail(struct case_run *run, const char *rule, const char *right, const char *format, ...) {
    struct case_outcome *o = run->outcome;
    va_list arguments;
    if (!case_going(run))
        return false;
    o->result = CASE_FAIL;
    o->verdict_at = o->exchanges.count;
    size_t first = strcspn(run->test->rules, " ");
    (void)snprintf(o->rule, sizeof o->rule, "%.*s", rule != NULL ? (int)strlen(rule) : (int)first,
                   rule != NULL ? rule : run->test->rules);
    (void)snprintf(o->right, sizeof o->right, "%s", right != NULL ? right : run->test->right);
    va_start(arguments, format);
    (void)vsnprintf(o->seen, sizeof o->seen, format, arguments);
    va_end(arguments);
    return false;
}

static bool end(struct case_run *run, enum case_result result, const char *format, va_list arguments) {
    if (!case_going(run))
        return false;
    run->outcome->result = result;
    run->outcome->verdict_at = run->outcome->exchanges.count;
    (void)vsnprintf(run->outcome->seen, sizeof run->outcome->seen, format, arguments);
    return false;
}

bool case_skip(struct case_run *run, enum case_result result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    end(run, result, format, arguments);
    va_end(arguments);
    return false;
}

bool case_error(struct case_run *run, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    end(run, CASE_ERROR, format, arguments);
    va_end(arguments);
    return false;
}

void case_mark(struct case_run *run, bool answer, size_t offset, size_t size) {
    struct case_outcome *o = run->outcome;
    if (o->mark_count < CASE_MARKS && o->exchanges.count > 0)
        o->marks[o->mark_count++] =
            (struct case_mark){.exchange = o->exchanges.count - 1, .answer = answer, .offset = offset, .size = size};
}

void case_mark_right(struct case_run *run, bool answer, size_t offset, size_t size, const uint8_t *right) {
    struct case_outcome *o = run->outcome;
    const size_t before = o->mark_count;
    case_mark(run, answer, offset, size);
    if (o->mark_count == before || size > CASE_RIGHT_SIZE)
        return;
    o->marks[before].right_size = size;
    memcpy(o->marks[before].right, right, size);
}

void case_record(struct case_run *run, struct exchange exchange) {
    exchange.time_us = clock_us() - run->start_us;
    if (!exchange_add(&run->outcome->exchanges, &exchange))
        case_error(run, "no memory");
}

/* splitmix64: small, and the same everywhere */
static uint64_t next(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

void case_random(struct case_run *run, void *bytes, size_t size) {
    uint8_t *to = bytes;
    for (size_t i = 0; i < size; i++)
        to[i] = (uint8_t)next(&run->random);
}

const char *case_result_name(enum case_result result) {
    static const char *const names[] = {"pass", "fail", "not supported", "not applicable", "expected failure", "unexpected pass",
                                        "error"};
    return (size_t)result < sizeof names / sizeof *names ? names[result] : "";
}
