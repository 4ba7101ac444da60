#include "watch_screen.h"

#include <curses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <time.h>
#include <unistd.h>

#undef columns /* term.h has macros of these names */
#undef lines

#include "cli/printable.h"

#define ESCAPE_MS 25 /* how long the rest of a key's sequence may take */

struct screen {
    SCREEN *terminal;
    uint64_t bottom; /* of the log as shown: the number after its last line; UINT64_MAX: the youngest */
    int log_rows; /* as drawn last */
};

/* Whether the terminal can write anywhere on its screen: newterm takes those that cannot, too. */
static bool has_cursor(void) {
    int error;
    if (setupterm(NULL, STDOUT_FILENO, &error) != OK)
        return false;
    const char *move_to = tigetstr("cup");
    bool able = move_to != NULL && move_to != (const char *)-1;
    del_curterm(cur_term);
    return able;
}

struct screen *screen_open(void) {
    struct screen *screen = has_cursor() ? calloc(1, sizeof *screen) : NULL;
    if (screen == NULL)
        return NULL;
    screen->terminal = newterm(NULL, stdout, stdin);
    if (screen->terminal == NULL) {
        free(screen);
        return NULL;
    }
    screen->bottom = UINT64_MAX;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(ESCAPE_MS);
    curs_set(0);
    return screen;
}

void screen_close(struct screen **screen) {
    if (*screen == NULL)
        return;
    if (!isendwin()) /* a second time, it would put the terminal's modes back while they are somebody else's */
        endwin();
    delscreen((*screen)->terminal);
    free(*screen);
    *screen = NULL;
}

bool screen_in_foreground(void) {
    pid_t group = tcgetpgrp(STDIN_FILENO);
    return group < 0 || group == getpgrp();
}

void screen_stop(struct screen *screen, int number) {
    sigset_t set;
    sigset_t before;
    struct sigaction action;
    if (sigaction(number, NULL, &action) != 0 || action.sa_handler == SIG_IGN)
        return;
    if (screen != NULL && !isendwin())
        endwin();
    signal(number, SIG_DFL); /* ncurses' handler would draw when it goes on, wherever that is */
    sigemptyset(&set);
    sigaddset(&set, number);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &set, &before); /* here it stops */
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (screen != NULL && screen_in_foreground())
        screen_resized(); /* it heard of no other size meanwhile */
}

void screen_resized(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    clearok(stdscr, TRUE); /* some terminals move what stood there */
}

/* As much of a text as fits into the columns from there; the columns it fills. */
static int put(int row, int column, const char *text) {
    int width = COLS - column;
    if (row < 0 || row >= LINES || width <= 0)
        return 0;
    size_t size = printable_fit(text, &width);
    mvaddnstr(row, column, text, (int)size);
    return width;
}

static void put_bar(int row, const char *left, const char *right) {
    int space = COLS - (int)strlen(right); /* ours, and ASCII */
    attron(A_REVERSE);
    move(row, 0);
    for (int i = 0; i < COLS; i++)
        addch(' ');
    int used = put(row, 0, left);
    if (space > used)
        put(row, space, right);
    attroff(A_REVERSE);
}

/* A table's first rows; where they are not all, the last one says so. */
static void put_table(int row, int rows, const struct table *table, const char *things) {
    char text[TABLE_LINE];
    int all = (int)(table->count / table->columns);
    for (int i = 0; i < rows && i < all; i++) {
        if (i == rows - 1 && rows < all)
            snprintf(text, sizeof text, "... %d more %s", all - i, things);
        else
            table_line(table, (size_t)i, text, sizeof text);
        if (i == 0)
            attron(A_BOLD);
        put(row + i, 0, text);
        attroff(A_BOLD);
    }
}

static uint64_t bottom_of(const struct screen *screen, const struct model *model) {
    return screen->bottom < model->lines ? screen->bottom : model->lines;
}

static void put_log(const struct screen *screen, const struct model *model, int row, int rows) {
    uint64_t bottom = bottom_of(screen, model);
    uint64_t first = bottom > (uint64_t)rows ? bottom - (uint64_t)rows : 0;
    for (int i = 0; i < rows; i++) {
        const struct model_line *line = model_line(model, first + (uint64_t)i);
        char clock[9];
        if (line == NULL || first + (uint64_t)i >= bottom)
            continue;
        model_clock(&line->when, clock);
        put(row + i, 0, clock);
        put(row + i, 9, line->text);
    }
}

static int least(int a, int b) {
    return a < b ? a : b;
}

static int most(int a, int b) {
    return a > b ? a : b;
}

/* From top to bottom: title, connectors, sessions, log, keys. What there is no room for is left out, the log last. */
static void lay_out(struct screen *screen, const struct model *model, const struct table *connectors,
                    const struct table *sessions) {
    bool keys = LINES > 6;
    int room = LINES - 1 - keys;
    int all = (int)(connectors->count / connectors->columns);
    int rows = room < 4 ? 0 : least(all, most(room / 3, 2));
    put_table(1, rows, connectors, "connectors");
    int row = 1 + rows + (rows > 0 && LINES > 12);
    room = LINES - keys - row;
    all = (int)(sessions->count / sessions->columns);
    rows = room < 4 ? 0 : least(all, most(room / 2, 2));
    put_table(row, rows, sessions, "sessions");
    row += rows + (rows > 0 && LINES > 12);
    screen->log_rows = most(LINES - keys - row, 0);
    put_log(screen, model, row, screen->log_rows);
    bool back = bottom_of(screen, model) < model->lines;
    if (keys)
        put_bar(LINES - 1, back ? "q quit   End: back to the youngest line" : "q quit   Up Down PgUp PgDn Home End: the log", "");
}

void screen_draw(struct screen *screen, const struct model *model, uint64_t now_ms, const char *what, const char *state) {
    struct table connectors;
    struct table sessions;
    struct timespec now;
    char clock[9];
    char left[TABLE_LINE];
    clock_gettime(CLOCK_REALTIME, &now);
    model_clock(&now, clock);
    snprintf(left, sizeof left, "copp watch  %s  %s", what, state);
    model_connectors(model, &connectors);
    model_sessions(model, now_ms, &sessions);
    erase();
    put_bar(0, left, clock);
    lay_out(screen, model, &connectors, &sessions);
    refresh();
    table_free(&connectors);
    table_free(&sessions);
}

static uint64_t oldest(const struct model *model) {
    return model->lines > MODEL_LOG ? model->lines - MODEL_LOG : 0;
}

/* Never above a screenful of the oldest lines; at the end it follows the youngest. */
static void scroll_by(struct screen *screen, const struct model *model, int64_t by) {
    uint64_t bottom = bottom_of(screen, model);
    uint64_t top = oldest(model) + (uint64_t)screen->log_rows;
    if (by < 0)
        bottom = bottom - top < (uint64_t)-by || bottom < top ? top : bottom - (uint64_t)-by;
    else
        bottom += (uint64_t)by;
    screen->bottom = bottom >= model->lines ? UINT64_MAX : bottom;
}

bool screen_keys(struct screen *screen, const struct model *model) {
    for (int key; (key = getch()) != ERR;) {
        int page = most(screen->log_rows - 1, 1);
        switch (key) {
        case 'q':
        case 'Q':
            return false;
        case KEY_UP:
            scroll_by(screen, model, -1);
            break;
        case KEY_DOWN:
            scroll_by(screen, model, 1);
            break;
        case KEY_PPAGE:
            scroll_by(screen, model, -page);
            break;
        case KEY_NPAGE:
            scroll_by(screen, model, page);
            break;
        case KEY_HOME:
            scroll_by(screen, model, -(int64_t)MODEL_LOG);
            break;
        case 'L' - '@': /* Ctrl-L: somebody else has written there */
            clearok(stdscr, TRUE);
            break;
        case KEY_END:
            screen->bottom = UINT64_MAX;
            break;
        default:
            break;
        }
    }
    return true;
}
