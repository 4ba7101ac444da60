/*
 * An adapter outside this program: coppd's behind its socket (remote_socket.c), or on Windows the machine's own driver
 * (remote_opm.c).
 */
#ifndef COPP_CLI_REMOTE_H
#define COPP_CLI_REMOTE_H

#include "adapter_state.h"

/* What --device names if it is not the embedded adapter, for error messages. */
extern const char remote_kinds[];

/* Where to see why it has no outputs, for error messages. */
extern const char remote_no_outputs[];

/* Whether its answers have to be bound (BIND-5): Microsoft's drivers do not know how. */
extern const enum copp_binding_demand remote_binding;

/* If the anchor's file does not exist, and somebody may yet make it: what to do. Else NULL. */
const char *remote_missing_anchor(const char *name);

/* *path is where the adapter is that name stands for; false if it stands for none. */
bool remote_find(const char *name, const char **path);

/* Where one is that nobody has named. */
const char *remote_default(void);

/* Fills in device->outputs. STATUS_YES, or complains. */
int remote_outputs(const struct invocation *in, struct adapter *adapter);

/* News of outputs, as of adapter_follow: begins, to poll for reading, the next, ends. STATUS_YES, or complains. */
int remote_follow(const struct invocation *in, const struct adapter *adapter, struct copp_socket **news);
int remote_news_fd(const struct copp_socket *news);
enum adapter_news remote_next_output(struct copp_socket *news, struct output *output);
void remote_unfollow(struct copp_socket **news);

/* True if no session can be opened because of the output's mode (ARB-6). */
bool remote_refuses(struct adapter *adapter, const char *output);

/* The way to an output's device: STATUS_YES, or complains. */
int remote_open(const struct invocation *in, struct adapter *adapter, const char *output, struct copp_transport **transport);

/* What to do where the chain leads to another anchor: complains further. */
void remote_explain_anchor(const struct adapter *adapter);

#endif
