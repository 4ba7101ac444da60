/* coppd.conf: an ini file (coppd.conf(5)). */
#ifndef COPPD_CONFIG_H
#define COPPD_CONFIG_H

#include "error.h"
#include "settings.h"

#define CONFIG_DEFAULT_FILE "/etc/coppd.conf"

/* name NULL: CONFIG_DEFAULT_FILE, which need not be there. False, with the reason. */
bool config_load(const char *name, struct config *config, struct error_text *error);

/* What of next holds without a restart goes into config. False if next has other changes as well. */
bool config_take_over(struct config *config, const struct config *next);

#endif
