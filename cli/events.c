#include "events.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "io.h"
#include "report.h"
#include "wait.h"

#define LINE_MAX_BYTES 256u
#define WAITING_MAX 1000u
#define SECONDS_MAX 1000000.0

struct waiting {
    struct waiting *next;
    uint64_t due_ms;
    unsigned line;
    char *text;
};

struct event_source {
    const char *name;
    int fd;
    char line[LINE_MAX_BYTES]; /* what has been read of the present line */
    size_t used;
    bool too_long; /* the present line is being skipped */
    bool holds_nul; /* the same */
    unsigned number;
    bool failed;
    struct waiting *first; /* by time; of the same time, by line */
    unsigned count;
};

int events_open(const struct invocation *in, const char *name, bool follow, struct event_source **source) {
    *source = calloc(1, sizeof **source);
    if (*source == NULL)
        return fail_result(in, NULL, COPP_E_MEMORY);
    (*source)->fd = -1;
    if (name == NULL)
        return STATUS_YES;
    if (claim_input(in, name) != STATUS_YES)
        return STATUS_UNKNOWN;
    (*source)->name = name;
    (*source)->fd = open_lines(name, follow);
    return (*source)->fd >= 0 ? STATUS_YES : fail_to_read(in, name, "cannot be opened", errno);
}

static void close_source(struct event_source *source) {
    if (source->fd > STDIN_FILENO)
        close(source->fd);
    source->fd = -1;
}

void events_free(struct event_source **source) {
    if (*source == NULL)
        return;
    close_source(*source);
    while ((*source)->first != NULL) {
        struct waiting *w = (*source)->first;
        (*source)->first = w->next;
        free(w->text);
        free(w);
    }
    free(*source);
    *source = NULL;
}

int events_fd(const struct event_source *source) {
    return source->fd;
}

uint64_t events_deadline_ms(const struct event_source *source) {
    return source->first != NULL ? source->first->due_ms : UINT64_MAX;
}

bool events_ended(const struct event_source *source) {
    return source->fd < 0 && source->first == NULL;
}

const char *events_name(const struct event_source *source) {
    return source->name;
}

bool events_failed(const struct event_source *source) {
    return source->failed;
}

void events_complain(struct event_source *source, unsigned line, const char *text) {
    source->failed = true;
    complain("%s: line %u: %s", source->name, line, text);
}

static void add(struct event_source *source, uint64_t due_ms, const char *text) {
    struct waiting *w = source->count < WAITING_MAX ? malloc(sizeof *w) : NULL;
    char *copy = w != NULL ? strdup(text) : NULL;
    if (copy == NULL) {
        free(w);
        events_complain(source, source->number, "too many events are waiting");
        return;
    }
    struct waiting **at = &source->first;
    while (*at != NULL && (*at)->due_ms <= due_ms)
        at = &(*at)->next;
    *w = (struct waiting){.next = *at, .due_ms = due_ms, .line = source->number, .text = copy};
    *at = w;
    source->count++;
}

/* "[+SECONDS] EVENT" */
static void read_line(struct event_source *source, uint64_t now_ms) {
    char *text = source->line;
    size_t size = source->used;
    while (size > 0 && isspace((unsigned char)text[size - 1]))
        size--;
    text[size] = '\0';
    text += byte_order_mark(text); /* each writer to a FIFO may begin with one */
    text += strspn(text, " \t");
    if (*text == '\0' || *text == '#')
        return;
    double seconds = 0;
    if (*text == '+') {
        char *end;
        bool number = isdigit((unsigned char)text[1]);
        seconds = number ? strtod(text + 1, &end) : -1;
        if (!(seconds >= 0 && seconds <= SECONDS_MAX) || !isspace((unsigned char)*end)) {
            events_complain(source, source->number, "+SECONDS takes a number such as +2 or +0.5, then a space and the event");
            return;
        }
        text = end + strspn(end, " \t");
    }
    add(source, now_ms + (uint64_t)(seconds * 1000), text);
}

static void end_line(struct event_source *source, uint64_t now_ms) {
    source->number++;
    if (source->holds_nul)
        events_complain(source, source->number, "holds a NUL character, as text in UTF-16 does: save it as UTF-8");
    else if (source->too_long)
        events_complain(source, source->number, "is too long");
    else
        read_line(source, now_ms);
    source->used = 0;
    source->too_long = source->holds_nul = false;
}

void events_read(struct event_source *source, uint64_t now_ms) {
    char bytes[1024];
    ssize_t size = read(source->fd, bytes, sizeof bytes);
    if (size < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (size < 0) {
        complain("%s: cannot be read: %s", source->name, strerror(errno));
        source->failed = true;
    }
    if (size <= 0) {
        if (source->used > 0 || source->too_long || source->holds_nul)
            end_line(source, now_ms); /* the last line lacks its newline */
        close_source(source);
        return;
    }
    for (ssize_t i = 0; i < size; i++) {
        if (bytes[i] == '\n')
            end_line(source, now_ms);
        else if (bytes[i] == '\0')
            source->holds_nul = true;
        else if (source->used < sizeof source->line - 1)
            source->line[source->used++] = bytes[i];
        else
            source->too_long = true;
    }
}

char *events_take(struct event_source *source, uint64_t now_ms, unsigned *line) {
    struct waiting *w = source->first;
    if (w == NULL || w->due_ms > now_ms)
        return NULL;
    char *text = w->text;
    *line = w->line;
    source->first = w->next;
    source->count--;
    free(w);
    return text;
}
