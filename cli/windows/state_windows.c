#include "cli/state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "cli/io_system.h"
#include "common/wide_windows.h"

const char *state_default(char *buffer, size_t size) {
    const char *data = system_variable("ProgramData");
    (void)snprintf(buffer, size, "%s\\copp", data != NULL ? data : "C:\\ProgramData");
    return buffer;
}

/* Who may read what is below %ProgramData% its own access list says: everybody. */
int state_make_public(const char *path) {
    char directory[MAX_PATH];
    WCHAR wide[WIDE_PATH_MAX];
    const char *end = path + strlen(path);
    while (end > path && *end != '/' && *end != '\\')
        end--;
    if (end == path)
        return 0;
    if (snprintf(directory, sizeof directory, "%.*s", (int)(end - path), path) >= (int)sizeof directory) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (!wide_path(directory, wide))
        return -1;
    if (CreateDirectoryW(wide, NULL) || GetLastError() == ERROR_ALREADY_EXISTS)
        return 0;
    errno = GetLastError() == ERROR_PATH_NOT_FOUND ? ENOENT : EACCES;
    return -1;
}

static uint64_t joined(DWORD high, DWORD low) {
    return (uint64_t)high << 32 | low;
}

int file_identify(const char *name, struct file_identity *identity) {
    BY_HANDLE_FILE_INFORMATION info;
    WCHAR wide[WIDE_PATH_MAX];
    DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE; /* nobody is kept from replacing it */
    *identity = (struct file_identity){.there = false};
    if (!wide_path(name, wide))
        return -1;
    HANDLE file = CreateFileW(wide, FILE_READ_ATTRIBUTES, share, NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD error = GetLastError();
        errno = EACCES;
        return error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? 0 : -1;
    }
    identity->there = true;
    if (GetFileType(file) == FILE_TYPE_DISK && GetFileInformationByHandle(file, &info)) {
        identity->regular = !(info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY);
        identity->parts[0] = info.dwVolumeSerialNumber;
        identity->parts[1] = joined(info.nFileIndexHigh, info.nFileIndexLow);
        identity->parts[2] = joined(info.nFileSizeHigh, info.nFileSizeLow);
        identity->parts[3] = joined(info.ftLastWriteTime.dwHighDateTime, info.ftLastWriteTime.dwLowDateTime);
        identity->parts[4] = joined(info.ftCreationTime.dwHighDateTime, info.ftCreationTime.dwLowDateTime);
    }
    (void)CloseHandle(file);
    return 0;
}
