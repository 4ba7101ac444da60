/*
 * Structs that can grow begin with the size that their maker's compiler gave them (docs/abi.md). A program built with older headers
 * has shorter ones, a program built with newer headers longer ones: here both become, or come from, the struct that this library knows.
 */
#ifndef COPP_SIZED_H
#define COPP_SIZED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* No struct comes near it: a size beyond is one that was never set, and nothing is read or written by it. */
#define COPP_SIZED_MAX 4096u

/* Whether the operations that someone else has filled in reach as far as member, and have it. */
#define COPP_HAS_OP(ops, member)                                                                                                 \
    ((ops) && (size_t)((const char *)(&(ops)->member + 1) - (const char *)(ops)) <= (ops)->size && (ops)->member)

static inline size_t copp_sized_size(const void *given) {
    size_t size;
    memcpy(&size, given, sizeof size);
    return size;
}

/* Whether there is room to write to: a size of 0, or of nothing but the size, is one that was forgotten. */
static inline bool copp_sized_room(const void *given) {
    size_t size = copp_sized_size(given);
    return size > sizeof size && size <= COPP_SIZED_MAX;
}

/* Whether what it says can be carried out: whatever is not zero beyond the known bytes asks for something that is not known here. */
static inline bool copp_sized_known(const void *given, size_t known) {
    const uint8_t *bytes = (const uint8_t *)given;
    if (!copp_sized_room(given))
        return false;
    size_t size = copp_sized_size(given);
    for (size_t i = known; i < size; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

/* Reads a struct of the caller's into our own, of known bytes: what the caller's does not reach is zero. False: refused, own untouched. */
static inline bool copp_sized_read(const void *given, void *own, size_t known) {
    if (!copp_sized_known(given, known))
        return false;
    size_t size = copp_sized_size(given);
    memset(own, 0, known);
    memcpy(own, given, size < known ? size : known);
    memcpy(own, &known, sizeof known);
    return true;
}

/* Fills in a struct of the caller's, which has room: what is not known here becomes zero. Its size stays what the caller said. */
static inline void copp_sized_write(void *given, const void *own, size_t known) {
    size_t size = copp_sized_size(given);
    if (size > known)
        memset((uint8_t *)given + known, 0, size - known);
    memcpy((uint8_t *)given + sizeof size, (const uint8_t *)own + sizeof size, (size < known ? size : known) - sizeof size);
}

/*
 * For functions that answer nothing: as above, or, where the size was forgotten, fills in first bytes, which the struct had in its first
 * release and any caller's has. own must then say "not protected": what stood there before may have said otherwise.
 */
static inline void copp_sized_answer(void *given, const void *own, size_t known, size_t first) {
    if (copp_sized_room(given))
        copp_sized_write(given, own, known);
    else
        memcpy((uint8_t *)given + sizeof(size_t), (const uint8_t *)own + sizeof(size_t), first - sizeof(size_t));
}

/* Where a member ends: of the last that the first release has, for copp_sized_answer. */
#define COPP_END_OF(type, member) (offsetof(type, member) + sizeof(((type *)0)->member))

#endif
