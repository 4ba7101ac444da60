/* The version of the headers that a program is compiled with; copp_version tells that of the library it runs with. */
#ifndef COPP_VERSION_H
#define COPP_VERSION_H

#define COPP_VERSION_MAJOR 0
#define COPP_VERSION_MINOR 1
#define COPP_VERSION_PATCH 0

/* As one number, to compare: COPP_VERSION_NUMBER >= COPP_VERSION_OF(0, 2, 0). */
#define COPP_VERSION_OF(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define COPP_VERSION_NUMBER COPP_VERSION_OF(COPP_VERSION_MAJOR, COPP_VERSION_MINOR, COPP_VERSION_PATCH)

/* As text, "MAJOR.MINOR.PATCH". */
#define COPP_VERSION_TEXT_(major, minor, patch) #major "." #minor "." #patch
#define COPP_VERSION_TEXT(major, minor, patch) COPP_VERSION_TEXT_(major, minor, patch)
#define COPP_VERSION COPP_VERSION_TEXT(COPP_VERSION_MAJOR, COPP_VERSION_MINOR, COPP_VERSION_PATCH)

#endif
