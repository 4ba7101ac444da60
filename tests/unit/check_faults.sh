#!/bin/sh
# check_faults.sh NM ARCHIVE FAULTY-ARCHIVE FAULTS...: fails where the library calls a function that neither faults*.def makes
# fail nor the list below says cannot. Who adds a call adds it to one of the two, and so a test of what happens when it fails.
# Fails also where the archive of the fault suites calls one by its own name: it would never fail there.
set -eu

# What cannot fail, or whose failure nobody could do anything about. (What fork_posix.c calls happens once in a process, which
# no round could repeat: test_fork.c lets it fail.)
harmless='
clock_gettime
bcmp closedir dirfd free gnu_dev_major gnu_dev_minor memchr memcmp memcpy memmove memset strchr strcmp strcpy strcspn strlen strncmp strrchr strspn
snprintf vsnprintf
XML_ErrorString XML_GetCurrentByteCount XML_GetCurrentByteIndex XML_GetErrorCode XML_Parse XML_ParserCreate_MM XML_ParserFree
XML_SetCharacterDataHandler XML_SetElementHandler XML_SetStartDoctypeDeclHandler XML_SetUserData XML_SetXmlDeclHandler
XML_StopParser
BIO_free BN_free CRYPTO_free DSA_SIG_free EVP_CIPHER_CTX_free EVP_MD_CTX_free EVP_PKEY_CTX_free EVP_PKEY_free
OSSL_PARAM_construct_BN OSSL_PARAM_construct_end OSSL_PARAM_construct_int OSSL_PARAM_construct_utf8_string OSSL_STORE_INFO_free OSSL_STORE_close UI_destroy_method
ERR_clear_error ERR_error_string_n ERR_get_error_all ERR_lib_error_string ERR_new ERR_peek_error ERR_pop_to_mark
ERR_reason_error_string ERR_set_debug ERR_set_error ERR_set_mark
gcry_check_version gcry_cipher_close gcry_free gcry_md_close gcry_md_hash_buffer gcry_md_read gcry_md_reset gcry_md_write gcry_mpi_release gcry_randomize gcry_set_log_handler gcry_sexp_release gcry_strerror
gcry_mpi_cmp gcry_mpi_cmp_ui gcry_mpi_get_nbits gcry_mpi_mod gcry_mpi_mulm gcry_mpi_snew gcry_mpi_sub_ui gcry_mpi_swap
__imp_GetLastError __imp_GetModuleHandleExW __imp_Sleep __imp__errno
explicit_bzero getentropy madvise mmap64 munmap pthread_atfork pthread_mutex_lock pthread_mutex_trylock pthread_mutex_unlock sysconf
BIO_s_mem BIO_s_secmem EVP_PKEY_get0_provider OSSL_PROVIDER_get0_name EVP_aes_128_cbc EVP_sha1 EVP_sha256 EVP_sha384 EVP_sha512
'
harmless=$(printf '%s' "$harmless" | tr ' ' '\n')
symbols=$(sh "$(dirname "$0")/symbols.sh" "$1" "$2")
called=$(printf '%s\n' "$symbols" | sed -n 's/^C [^ ]* \([^ ]*\) .*/\1/p')
defined=$(printf '%s\n' "$symbols" | sed -n 's/^D [^ ]* \([^ ]*\) .*/\1/p')
wrapped=$(sh "$(dirname "$0")/symbols.sh" "$1" "$3" | sed -n 's/^C [^ ]* faulty_\([^ ]*\) .*/\1/p')
shift 3
covered=$(sed -n 's/^FAULT_[A-Z]*(\([A-Za-z0-9_]*\).*/\1/p' "$@")

listed() { printf '%s\n' "$2" | grep -qxF "$1"; }

bad=0
for name in $called; do
    case $name in
    __imp_*) ;; # of a DLL
    _* | llvm_*) continue ;; # the compiler's: stack protector, sanitizers, coverage
    esac
    listed "$name" "$defined" || listed "$name" "$covered" || listed "$name" "$harmless" || {
        echo "libcopp calls $name: let it fail in tests/unit/faults*.def, or say in check_faults.sh that it cannot"
        bad=1
    }
done
for name in $covered; do
    listed "$name" "$called" || {
        echo "tests/unit/faults*.def: libcopp does not call $name"
        bad=1
    }
    listed "$name" "$wrapped" || {
        echo "$name is called by its own name in the archive of the fault suites: it does not fail there"
        bad=1
    }
done
exit $bad
