/*
 * Recordings of sessions (docs/daemon-protocol.md, record): what goes by is written to sockets that clients have sent, as docs/recording.md
 * says. Nobody is waited for: what does not fit is dropped, and told.
 */
#ifndef COPPD_RECORDINGS_H
#define COPPD_RECORDINGS_H

#include "state.h"

#define RECORDINGS_PER_USER 4u

/* What the client's request, with the descriptor in the server's passed, comes to. COPP_HR_OK: client->recording is set. */
uint32_t recording_begin_for(struct client *client, const struct packet_record *wanted);
/* Ends what the client records, if anything. */
void recording_end(struct client *client);

/* A request of that type has come, and stands in the server's request. */
void record_request(struct client *client, enum packet_type type);
/* Its answer, which stands in the server's answer, size bytes of it. */
void record_answer(const struct client *client, enum packet_type type, uint32_t status, size_t size);
/* The client's device is closed. */
void record_close(struct client *client);

#endif
