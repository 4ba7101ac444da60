#include "fault_calls.h"

#include <stdarg.h>
#include <stdlib.h>

#include <gcrypt.h>

#define ARGUMENTS_MAX 12u

static gcry_error_t failure(void) {
    if (fault_otherwise())
        return gcry_error(GPG_ERR_INTERNAL);
    fault_is_memory();
    return gcry_error(GPG_ERR_ENOMEM);
}

#define FAULT_ERROR(name, parameters, arguments) FAULT_VALUE(name, gcry_error_t, failure(), parameters, arguments)
#include "faults_libgcrypt.def"

/* Variadic. Once the library has begun it only asks whether libgcrypt has too. */
gcry_error_t faulty_gcry_control(enum gcry_ctl_cmds command, ...);
gcry_error_t faulty_gcry_control(enum gcry_ctl_cmds command, ...) {
    va_list arguments;
    int size = 0;
    va_start(arguments, command);
    if (command == GCRYCTL_INIT_SECMEM || command == GCRYCTL_AUTO_EXPAND_SECMEM)
        size = (int)va_arg(arguments, unsigned);
    va_end(arguments);
    return fault_due("gcry_control") ? 0 : gcry_control(command, size, 0);
}

/* One argument of gcry_sexp_build's. */
union argument {
    void *pointer;
    gcry_mpi_t number;
    int size;
    unsigned word;
};

/* Variadic. */
gcry_error_t faulty_gcry_sexp_build(gcry_sexp_t *made, size_t *wrong, const char *format, ...);
gcry_error_t faulty_gcry_sexp_build(gcry_sexp_t *made, size_t *wrong, const char *format, ...) {
    union argument values[ARGUMENTS_MAX];
    void *places[ARGUMENTS_MAX];
    size_t count = 0;
    va_list arguments;
    if (fault_due("gcry_sexp_build"))
        return failure();
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        places[i] = &values[i];
    va_start(arguments, format);
    for (const char *at = format; *at; at++) {
        if (*at != '%')
            continue;
        if (count + 2 > ARGUMENTS_MAX)
            abort();
        switch (*++at) {
        case 'm':
            values[count++].number = va_arg(arguments, gcry_mpi_t);
            break;
        case 'u':
            values[count++].word = va_arg(arguments, unsigned);
            break;
        case 'b':
            values[count++].size = va_arg(arguments, int);
            values[count++].pointer = va_arg(arguments, void *);
            break;
        default:
            abort();
        }
    }
    va_end(arguments);
    return gcry_sexp_build_array(made, wrong, format, places);
}

/* Variadic: as the library calls it. */
gcry_error_t faulty_gcry_sexp_extract_param(gcry_sexp_t expression, const char *path, const char *list, gcry_mpi_t *n,
                                            gcry_mpi_t *e, gcry_mpi_t *d, gcry_mpi_t *p, gcry_mpi_t *q, gcry_mpi_t *u);
gcry_error_t faulty_gcry_sexp_extract_param(gcry_sexp_t expression, const char *path, const char *list, gcry_mpi_t *n,
                                            gcry_mpi_t *e, gcry_mpi_t *d, gcry_mpi_t *p, gcry_mpi_t *q, gcry_mpi_t *u) {
    return fault_due("gcry_sexp_extract_param") ? failure()
                                                : gcry_sexp_extract_param(expression, path, list, n, e, d, p, q, u, NULL);
}
