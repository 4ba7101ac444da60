/* Named pipes whose messages are packets. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "channel.h"

#define NAME_MAX_SIZE 512u
#define INSTANCES_MAX 64u
#define SEND_MS 1000u /* whoever asks reads the answer: a player that does not has ended, or nearly */

struct channel_listener {
    WCHAR name[NAME_MAX_SIZE];
    HANDLE pipe; /* for the next player */
    HANDLE event; /* set when one has come */
    OVERLAPPED coming;
};

struct channel {
    HANDLE pipe;
    HANDLE event; /* set when a packet has come, or the end */
    HANDLE sent;
    OVERLAPPED reading;
    bool reads; /* reading is under way, or has ended */
    uint8_t packet[PACKETS_MAX + 1u];
};

static void close_handle(HANDLE handle) {
    if (handle != NULL && handle != INVALID_HANDLE_VALUE)
        (void)CloseHandle(handle);
}

/* Ends what is under way: the memory that it writes to is the caller's again. */
static void cancel(HANDLE pipe, OVERLAPPED *overlapped) {
    DWORD count;
    if (CancelIoEx(pipe, overlapped) || GetLastError() != ERROR_NOT_FOUND)
        (void)GetOverlappedResult(pipe, overlapped, &count, TRUE);
}

/* --- listening --- */

/* Makes the pipe for the next player. first: nobody may have one of that name. */
static bool prepare(struct channel_listener *listener, bool first) {
    const DWORD mode = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (first ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
    listener->coming = (OVERLAPPED){.hEvent = listener->event};
    (void)ResetEvent(listener->event);
    listener->pipe =
        CreateNamedPipeW(listener->name, mode, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
                         INSTANCES_MAX, PACKETS_MAX, PACKETS_MAX, 0, NULL);
    if (listener->pipe == INVALID_HANDLE_VALUE)
        return false;
    if (ConnectNamedPipe(listener->pipe, &listener->coming) || GetLastError() == ERROR_IO_PENDING)
        return true;
    /* one has come before we waited for it, and may have gone as well */
    return (GetLastError() == ERROR_PIPE_CONNECTED || GetLastError() == ERROR_NO_DATA) && SetEvent(listener->event);
}

enum copp_result channel_listen(const char *name, struct channel_listener **listener) {
    struct channel_listener *made = calloc(1, sizeof *made);
    *listener = made;
    if (made == NULL)
        return COPP_E_MEMORY;
    made->pipe = INVALID_HANDLE_VALUE;
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, name, -1, made->name, NAME_MAX_SIZE) == 0)
        return COPP_E_TOO_LARGE;
    made->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (made->event == NULL)
        return COPP_E_MEMORY;
    if (prepare(made, true))
        return COPP_OK;
    errno = GetLastError() == ERROR_ACCESS_DENIED ? EADDRINUSE : EIO;
    return COPP_E_IO;
}

void channel_listener_free(struct channel_listener **listener) {
    struct channel_listener *l = *listener;
    if (l == NULL)
        return;
    if (l->pipe != INVALID_HANDLE_VALUE)
        cancel(l->pipe, &l->coming);
    close_handle(l->pipe);
    close_handle(l->event);
    free(l);
    *listener = NULL;
}

wait_object channel_listener_object(const struct channel_listener *listener) {
    return listener->event;
}

/* --- one player --- */

static void read_on(struct channel *channel) {
    channel->reading = (OVERLAPPED){.hEvent = channel->event};
    (void)ResetEvent(channel->event);
    channel->reads = ReadFile(channel->pipe, channel->packet, sizeof channel->packet, NULL, &channel->reading) ||
                     GetLastError() == ERROR_IO_PENDING;
    if (!channel->reads)
        (void)SetEvent(channel->event); /* this is the end */
}

static struct channel *channel_new(HANDLE pipe) {
    struct channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL) {
        close_handle(pipe);
        return NULL;
    }
    channel->pipe = pipe;
    channel->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    channel->sent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (channel->event != NULL && channel->sent != NULL)
        read_on(channel);
    else
        channel_close(&channel);
    return channel;
}

struct channel *channel_accept(struct channel_listener *listener) {
    DWORD count;
    if (WaitForSingleObject(listener->event, 0) != WAIT_OBJECT_0)
        return NULL;
    HANDLE pipe = listener->pipe;
    bool come = pipe != INVALID_HANDLE_VALUE && GetOverlappedResult(pipe, &listener->coming, &count, FALSE);
    if (!prepare(listener, false)) {
        close_handle(listener->pipe);
        listener->pipe = INVALID_HANDLE_VALUE;
        (void)ResetEvent(listener->event);
    }
    if (come)
        return channel_new(pipe);
    close_handle(pipe);
    return NULL;
}

enum channel_state channel_receive(struct channel *channel, uint8_t *packet, size_t room, size_t *size) {
    DWORD got = 0;
    if (!channel->reads)
        return CHANNEL_ENDED;
    if (WaitForSingleObject(channel->event, 0) != WAIT_OBJECT_0)
        return CHANNEL_QUIET;
    if (!GetOverlappedResult(channel->pipe, &channel->reading, &got, FALSE)) {
        channel->reads = false;
        return CHANNEL_ENDED;
    }
    *size = got < room ? got : room;
    memcpy(packet, channel->packet, *size);
    read_on(channel);
    return CHANNEL_PACKET;
}

bool channel_send(struct channel *channel, const uint8_t *packet, size_t size) {
    OVERLAPPED sending = {.hEvent = channel->sent};
    DWORD count = 0;
    bool begun = WriteFile(channel->pipe, packet, (DWORD)size, NULL, &sending) || GetLastError() == ERROR_IO_PENDING;
    if (begun && WaitForSingleObject(channel->sent, SEND_MS) != WAIT_OBJECT_0)
        cancel(channel->pipe, &sending);
    return begun && GetOverlappedResult(channel->pipe, &sending, &count, FALSE) && count == size;
}

void channel_close(struct channel **channel) {
    struct channel *c = *channel;
    if (c == NULL)
        return;
    if (c->reads)
        cancel(c->pipe, &c->reading);
    close_handle(c->pipe);
    close_handle(c->event);
    close_handle(c->sent);
    free(c);
    *channel = NULL;
}

wait_object channel_object(const struct channel *channel) {
    return channel->event;
}

/* --- what cannot be seen here --- */

const char *channel_lacks(const struct conformance_case *test) {
    const struct player_plan *plan = test->with;
    if (strncmp(test->rules, "BIND-", 5) == 0)
        return "Windows' drivers do not bind their answers (BIND-2)";
    switch (plan->wrong.kind) {
    case WRONG_SILENCE:
    case WRONG_LATE:
        return "a player cannot interrupt a call of a driver on Windows";
    case WRONG_SIZE:
        return "what a driver's call answers has one size on Windows";
    case WRONG_TYPE:
    case WRONG_VERSION:
    case WRONG_DISCONNECT:
        return "a driver is called on Windows, and sends no packets";
    case WRONG_WAKES:
        return "a driver does not wake players up on Windows";
    default:
        return NULL;
    }
}

bool channel_binds(void) {
    return false;
}
