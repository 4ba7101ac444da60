/* coppd.conf: an ini file (coppd.conf(5)). */
#ifndef COPPD_CONFIG_H
#define COPPD_CONFIG_H

#include "error.h"
#include "settings.h"

#define CONFIG_DEFAULT_FILE "/etc/coppd.conf"

/* name NULL: CONFIG_DEFAULT_FILE, which need not be there. False, with the reason. */
bool config_load(const char *name, struct config *config, struct error_text *error);

/* Whether it names a chain and a key; else there is a test hierarchy. */
bool config_has_driver(const struct config *config);

/*
 * The limits of next go into config: they hold without a restart. False if next has other changes as well, but for those of a
 * [driver] that both have: server_reload renews chain and key by next itself.
 */
bool config_take_over(struct config *config, const struct config *next);

#endif
