#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "fault_calls.h"
#include "harness.h"

static struct fault *armed;
static unsigned made;
static bool memory_forbidden;
static unsigned forbidden_calls;
static size_t write_limit; /* 0: none */
static char file_calls[256];

void fault_note_file_call(const char *name) {
    if (strlen(file_calls) + strlen(name) + 2 <= sizeof file_calls)
        strcat(strcat(file_calls, name), " ");
}

bool fault_due(const char *name) {
    if (!armed)
        return false;
    made++;
    if (made != armed->nth && !(armed->mode == FAULT_ALL_ON && made > armed->nth))
        return false;
    if (!armed->fired++)
        armed->name = name;
    return true;
}

bool fault_due_memory(const char *name) {
    if (memory_forbidden) {
        forbidden_calls++;
        return true;
    }
    if (!fault_due(name))
        return false;
    fault_is_memory();
    return true;
}

void fault_is_memory(void) {
    if (armed && armed->fired == 1)
        armed->memory = true;
}

bool fault_otherwise(void) {
    return armed && armed->mode == FAULT_ONE_OTHERWISE;
}

size_t fault_write_size(size_t size) {
    return write_limit && write_limit < size ? write_limit : size;
}

bool fault_next(struct fault *fault) {
    if (fault->nth == 0 || fault->fired) {
        fault->nth++;
        fault->fired = 0;
        return true;
    }
    if (fault->nth == 1)
        fail_msg("nothing was made to fail: this proves nothing");
    fault->nth = 1;
    fault->mode++;
    return fault->mode < FAULT_MODES;
}

void fault_arm(struct fault *fault) {
    fault->fired = 0;
    fault->name = NULL;
    fault->memory = false;
    made = 0;
    armed = fault;
}

bool fault_disarm(struct fault *fault) {
    armed = NULL;
    return fault->fired > 0;
}

bool fault_was_memory(const struct fault *fault) {
    return fault->memory;
}

void fault_assert_said(const struct fault *fault, enum copp_result result) {
    if (result == COPP_OK)
        fail_msg("%s failed, and nobody was told", fault->name);
    if (fault_was_memory(fault) && result != COPP_E_MEMORY)
        fail_msg("%s ran out of memory, but the answer was \"%s\"", fault->name, copp_strerror(result));
}

void fault_forbid_memory(void) {
    forbidden_calls = 0;
    memory_forbidden = true;
}

unsigned fault_allow_memory(void) {
    memory_forbidden = false;
    return forbidden_calls;
}

const char *fault_file_calls(void) {
    static char told[sizeof file_calls];
    strcpy(told, file_calls);
    file_calls[0] = 0;
    return told;
}

void fault_shorten_writes(size_t size) {
    write_limit = size;
}

#include "faults.def"
