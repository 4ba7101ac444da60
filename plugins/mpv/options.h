/* What the plugin is configured with: script-opts/copp.conf, and over that mpv's --script-opts=copp-KEY=VALUE. */
#ifndef COPP_PLUGINS_MPV_OPTIONS_H
#define COPP_PLUGINS_MPV_OPTIONS_H

#include <mpv/client.h>
#include <stdbool.h>
#include <stdint.h>

struct plugin_options {
    bool enabled;
    char *device; /* as in struct protection_config; NULL where not given */
    char *connector;
    char *anchor;
    char *srm;
    bool hdcp;
    bool unnamed_receiver;
    bool type1;
    uint32_t acp;
    uint32_t cgmsa;
};

/* Reads both. False for a key or a value that is not known, with a sentence for people in text: nothing is to be played then. */
bool options_read(mpv_handle *mpv, struct plugin_options *options, char *text, size_t size);
void options_free(struct plugin_options *options);

#endif
