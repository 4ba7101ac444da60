#include "cli/protect/child.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include <tlhelp32.h>

#include "cli/report.h"

#define LINE_SIZE 32768u /* as long as Windows lets a command line be */
#define PROCESSES_MAX 256u
#define HOLD_MS 1000u /* so long, and so often, are threads looked for: some may start others as fast as they end */
#define HOLD_PASSES 20u
#define KILLED_MS 5000u /* as long as killing is waited for: a driver's call that hangs keeps its process */

/* --- the command line, quoted as the C library of most commands takes it apart; cmd.exe has rules of its own --- */

struct line {
    char text[3 * LINE_SIZE]; /* UTF-8 */
    size_t size;
    WCHAR wide[LINE_SIZE];
};

static void put(struct line *line, char c, size_t times) {
    for (size_t i = 0; i < times && line->size < sizeof line->text; i++)
        line->text[line->size++] = c;
}

/* Quoted where it must be. Backslashes count only before a quote. */
static void put_argument(struct line *line, const char *argument) {
    size_t backslashes = 0;
    const size_t quotes = argument[0] == '\0' || strpbrk(argument, " \t\n\v\"") != NULL;
    put(line, '"', quotes);
    for (const char *c = argument; *c != '\0'; c++) {
        if (*c == '"')
            put(line, '\\', backslashes + 1);
        backslashes = *c == '\\' ? backslashes + 1 : 0;
        put(line, *c, 1);
    }
    put(line, '\\', quotes ? backslashes : 0);
    put(line, '"', quotes);
}

/* As the system takes it. */
static int widen(struct line *line) {
    if (line->size == sizeof line->text)
        return E2BIG;
    line->text[line->size] = '\0';
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, line->text, -1, line->wide, LINE_SIZE) > 0)
        return 0;
    return GetLastError() == ERROR_INSUFFICIENT_BUFFER ? E2BIG : EILSEQ;
}

/* --- starting --- */

static int error_number(DWORD error) {
    switch (error) {
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_INVALID_PARAMETER: /* an empty name */
        return ENOENT;
    case ERROR_ACCESS_DENIED:
        return EACCES;
    case ERROR_BAD_EXE_FORMAT:
        return ENOEXEC;
    case ERROR_NOT_ENOUGH_MEMORY:
        return ENOMEM;
    default:
        return EIO;
    }
}

/* Whatever becomes of this program, the job goes with it: nobody would watch over the content any more. */
static HANDLE new_job(void) {
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    HANDLE job = CreateJobObjectA(NULL, NULL);
    if (job && !SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        CloseHandle(job);
        return NULL;
    }
    return job;
}

/* A process group of its own: Ctrl-C comes to this program alone. */
static bool start_in_job(struct child *child, WCHAR *line, HANDLE input) {
    PROCESS_INFORMATION made;
    STARTUPINFOW start = {.cb = sizeof start,
                          .dwFlags = STARTF_USESTDHANDLES,
                          .hStdInput = input,
                          .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
                          .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP, NULL, NULL, &start, &made))
        return false;
    child->process = made.hProcess;
    child->id = made.dwProcessId;
    bool good = AssignProcessToJobObject(child->job, made.hProcess) && ResumeThread(made.hThread) != (DWORD)-1;
    DWORD error = GetLastError();
    CloseHandle(made.hThread);
    if (!good)
        (void)TerminateProcess(made.hProcess, 1);
    SetLastError(error);
    return good;
}

static void forget(struct child *child) {
    if (child->process)
        CloseHandle(child->process);
    if (child->job)
        CloseHandle(child->job);
    free(child->threads);
    *child = (struct child){.runs = false};
}

int child_start(struct child *child, char **argv, int terminal, bool no_input) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    *child = (struct child){.job = new_job()};
    struct line *line = calloc(1, sizeof *line);
    (void)terminal; /* a console has no foreground to give */
    HANDLE input = no_input
                       ? CreateFileA("NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL)
                       : GetStdHandle(STD_INPUT_HANDLE);
    int error = child->job && line && input != INVALID_HANDLE_VALUE ? 0 : ENOMEM;
    for (size_t i = 0; error == 0 && argv[i] != NULL; i++) {
        put(line, ' ', i > 0);
        put_argument(line, argv[i]);
    }
    if (error == 0)
        error = widen(line);
    if (error == 0) {
        child->runs = start_in_job(child, line->wide, input);
        error = child->runs ? 0 : error_number(GetLastError());
    }
    if (no_input && input != INVALID_HANDLE_VALUE)
        CloseHandle(input);
    free(line);
    if (error != 0)
        forget(child);
    return error;
}

int child_group(const struct child *child) {
    (void)child;
    return 0;
}

enum child_state child_look(struct child *child, int *status) {
    DWORD code = 0;
    if (!child->runs)
        return CHILD_ENDED;
    if (WaitForSingleObject(child->process, 0) != WAIT_OBJECT_0)
        return CHILD_RUNNING;
    (void)GetExitCodeProcess(child->process, &code);
    *status = (int)code;
    forget(child); /* which ends what it left running */
    return CHILD_ENDED;
}

/* --- holding --- */

struct processes {
    DWORD assigned;
    DWORD listed;
    ULONG_PTR ids[PROCESSES_MAX];
};
_Static_assert(offsetof(struct processes, ids) == offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList), "the same");

static bool is_listed(const struct processes *processes, DWORD id) {
    for (DWORD i = 0; i < processes->listed; i++) {
        if (processes->ids[i] == id)
            return true;
    }
    return false;
}

/* The thread among those known, or NULL. */
static struct child_thread *known(const struct child *child, DWORD id) {
    for (size_t i = 0; i < child->count; i++) {
        if (child->threads[i].id == id)
            return &child->threads[i];
    }
    return NULL;
}

static bool remember(struct child *child, struct child_thread thread) {
    struct child_thread *old = known(child, thread.id);
    struct child_thread *more = old ? child->threads : realloc(child->threads, (child->count + 1) * sizeof *more);
    if (!more)
        return false;
    child->threads = more;
    if (!old)
        old = &more[child->count++];
    *old = thread;
    return true;
}

/* Holds a thread that is not held yet. *found: somebody may have started others meanwhile. One that has ended is listed for
 * as long as anybody has a handle of it, so it counts once; one that is about to end can neither be held nor waited for. */
static bool hold_thread(struct child *child, DWORD id, bool *found) {
    HANDLE thread = OpenThread(THREAD_SUSPEND_RESUME | SYNCHRONIZE, FALSE, id);
    bool ended = !thread && GetLastError() == ERROR_INVALID_PARAMETER;
    if (!thread && !ended)
        return false;
    bool held = thread && SuspendThread(thread) != (DWORD)-1;
    if (thread && !held)
        ended = WaitForSingleObject(thread, 0) == WAIT_OBJECT_0;
    *found = *found || !ended || !known(child, id);
    bool good = (!held && !ended) || remember(child, (struct child_thread){.id = id, .held = held});
    if (thread)
        CloseHandle(thread);
    return good;
}

/* Holds the threads that are not held yet; *found: there were some, which may have started others before. */
static bool hold_threads(struct child *child, bool *found) {
    struct processes processes;
    THREADENTRY32 entry = {.dwSize = sizeof entry};
    *found = false;
    if (!QueryInformationJobObject(child->job, JobObjectBasicProcessIdList, &processes, sizeof processes, NULL) ||
        processes.listed < processes.assigned)
        return false;
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    if (all == INVALID_HANDLE_VALUE)
        return false;
    bool good = true;
    for (BOOL more = Thread32First(all, &entry); more && good; more = Thread32Next(all, &entry)) {
        const struct child_thread *thread = known(child, entry.th32ThreadID);
        if (is_listed(&processes, entry.th32OwnerProcessID) && !(thread && thread->held))
            good = hold_thread(child, entry.th32ThreadID, found);
    }
    CloseHandle(all);
    return good;
}

/* What cannot be held is ended. */
bool child_hold(struct child *child) {
    bool good = true;
    bool found = true;
    if (!child->runs || child->held)
        return true;
    child->held = true;
    uint64_t end = GetTickCount64() + HOLD_MS;
    for (unsigned pass = 1; good && found; pass++)
        good = hold_threads(child, &found) && (!found || pass < HOLD_PASSES || GetTickCount64() < end);
    if (good)
        return true;
    complain("the command cannot be held, and is ended");
    return TerminateJobObject(child->job, 1);
}

void child_resume(struct child *child) {
    for (size_t i = 0; i < child->count; i++) {
        HANDLE thread = child->threads[i].held ? OpenThread(THREAD_SUSPEND_RESUME, FALSE, child->threads[i].id) : NULL;
        if (thread) {
            (void)ResumeThread(thread);
            CloseHandle(thread);
        }
    }
    child->count = 0;
    child->held = false;
}

/* --- ending --- */

/* Only a program with a console hears it, and not while it is held: it would run in a new thread for that. */
void child_tell_end(struct child *child) {
    if (child->runs && !child->held)
        (void)GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child->id);
}

bool child_left(struct child *child) {
    int status;
    return child_look(child, &status) != CHILD_ENDED;
}

bool child_end(struct child *child) {
    if (!child->runs)
        return true;
    (void)TerminateJobObject(child->job, 1);
    bool ended = WaitForSingleObject(child->process, KILLED_MS) == WAIT_OBJECT_0;
    forget(child);
    return ended;
}

int child_start_in(struct child *child, char **argv, int terminal, bool no_input, struct child_place *place) {
    place->kind = "job"; /* which nothing leaves */
    place->reason[0] = '\0';
    return child_start(child, argv, terminal, no_input);
}

void child_name_outside(struct child *child, void (*name)(void *context, int pid, const char *cgroup), void *context) {
    (void)child;
    (void)name;
    (void)context;
}

void child_name_running(struct child *child, void (*name)(void *context, int pid, const char *cgroup), void *context) {
    (void)child;
    (void)name;
    (void)context;
}
