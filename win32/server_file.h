/* What a registered server's file is. */
#ifndef COPP_WIN32_SERVER_FILE_H
#define COPP_WIN32_SERVER_FILE_H

#include <stdbool.h>
#include <windows.h>

/* In copp.dll alone, and in every version of it: how its copies know each other. Also the class's description. */
#define SERVER_MARK L"libcopp: Certified Output Protection Protocol, driver side"

/* Where the system finds a server: whole or by its name alone, as a registry value has it. */
bool server_exists(const WCHAR *path);

/* Whether it is copp.dll, in whatever folder and by whatever name; one that is gone is known by its name alone. */
bool server_is_copp(const WCHAR *path);

#endif
