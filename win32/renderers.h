/* The classes that a player can get a video renderer by, and where the system's own are. */
#ifndef COPP_WIN32_RENDERERS_H
#define COPP_WIN32_RENDERERS_H

#include <stdbool.h>
#include <windows.h>

struct renderer {
    GUID id;
    const WCHAR *name; /* by which the registry keeps what was there before */
    const WCHAR *file; /* that has it, in the system's directory */
};

#define RENDERERS 5u
extern const struct renderer renderers[RENDERERS];

/* NULL: not a renderer's class. */
const struct renderer *renderer_find(REFCLSID id);

/* The whole path of a renderer's file, into MAX_PATH units. */
bool renderer_path(const struct renderer *renderer, WCHAR *path);

#endif
