#!/bin/sh
# check_faults.sh NM ARCHIVE FAULTS: fails where the library calls a function that neither faults.def makes fail nor the
# list below says cannot. Who adds a call adds it to one of the two, and so a test of what happens when it fails.
set -eu

# What cannot fail, or whose failure nobody could do anything about.
harmless='
free memchr memcpy memset strchr strcmp strcpy strcspn strlen strncmp strrchr strspn
snprintf vsnprintf
XML_ErrorString XML_GetCurrentByteCount XML_GetCurrentByteIndex XML_GetErrorCode XML_Parse XML_ParserCreate_MM XML_ParserFree
XML_SetCharacterDataHandler XML_SetElementHandler XML_SetStartDoctypeDeclHandler XML_SetUserData XML_SetXmlDeclHandler
XML_StopParser
BIO_free BN_free CRYPTO_free DSA_SIG_free EVP_CIPHER_CTX_free EVP_MD_CTX_free EVP_PKEY_CTX_free EVP_PKEY_free
OSSL_PARAM_construct_BN OSSL_PARAM_construct_end OSSL_PARAM_construct_int OSSL_PARAM_construct_utf8_string OSSL_STORE_INFO_free OSSL_STORE_close UI_destroy_method
ERR_clear_error ERR_get_error OPENSSL_cleanse
BIO_s_secmem EVP_PKEY_get0_provider OSSL_PROVIDER_get0_name EVP_aes_128_cbc EVP_sha1 EVP_sha256
'
harmless=$(printf '%s' "$harmless" | tr ' ' '\n')
called=$("$1" -u "$2" | sed -n 's/^ *U //p' | sort -u)
defined=$("$1" --defined-only "$2" | sed -n 's/^[0-9a-fA-F]* *[A-Za-z] //p')
covered=$(sed -n 's/^FAULT_[A-Z]*(\([A-Za-z0-9_]*\).*/\1/p' "$3")

listed() { printf '%s\n' "$2" | grep -qxF "$1"; }

bad=0
for name in $called; do
    case $name in _* | llvm_*) continue ;; esac # the compiler's: stack protector, sanitizers, coverage
    listed "$name" "$defined" || listed "$name" "$covered" || listed "$name" "$harmless" || {
        echo "libcopp calls $name: let it fail in tests/unit/faults.def, or say in check_faults.sh that it cannot"
        bad=1
    }
done
for name in $covered; do
    listed "$name" "$called" || {
        echo "tests/unit/faults.def: libcopp does not call $name"
        bad=1
    }
done
exit $bad
