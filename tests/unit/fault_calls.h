/* What faults*.c share: the calls that stand in for what libcopp calls. make_faulty.sh turns NAME in the library into faulty_NAME. */
#ifndef COPP_TEST_FAULT_CALLS_H
#define COPP_TEST_FAULT_CALLS_H

#include <stdbool.h>
#include <stddef.h>

/* True if this call is to fail. */
bool fault_due(const char *name);
/* The same for a call that fails where memory has run out. */
bool fault_due_memory(const char *name);
/* The call that has just failed did so for want of memory. */
void fault_is_memory(void);
/* True in the round in which calls fail in another way. */
bool fault_otherwise(void);

void fault_note_file_call(const char *name);
/* What of a write is carried out. */
size_t fault_write_size(size_t size);

#define FAULT_IF(due, name, type, value, parameters, arguments)                                                                  \
    type faulty_##name parameters;                                                                                               \
    type faulty_##name parameters {                                                                                              \
        return due ? (type)(value) : name arguments;                                                                             \
    }
#define FAULT_VALUE(name, type, value, parameters, arguments) FAULT_IF(fault_due(#name), name, type, value, parameters, arguments)
#define FAULT_MEMORY(name, type, value, parameters, arguments)                                                                   \
    FAULT_IF(fault_due_memory(#name), name, type, value, parameters, arguments)
#define FAULT_SPECIAL(name)

#endif
