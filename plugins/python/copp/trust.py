"""Whom to trust, and what is revoked: anchors, chains, revocation lists, and lists of revoked displays (SRM)."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, Union

from ._native import ffi, lib
from .handles import Handle, log, new_struct, to_c
from .results import CoppError, Result, Semantics, check, from_c, new_verdict

SRM_SIZE_MAX = 1024 * 1024
Path = Union[str, "os.PathLike[str]"]


class Anchor:
    """Whom to trust: a public key for drivers of COPP (CERT-12), a root's certificate for those of OPM (OPM-CERT-10).

    An anchor is of one protocol, and so chooses it: see ``semantics``.
    """

    def __init__(self, data: bytes, *, name: str = "the anchor") -> None:
        """Reads a public key (PEM, or a base64 modulus) or a certificate (DER or PEM)."""
        self._key = ffi.new("struct copp_public_key *")
        self._opm = new_struct("copp_opm_anchor")
        self.semantics = Semantics.COPP
        result = lib.copp_public_key_read(data, len(data), self._key)
        if result == lib.COPP_E_KEY:
            self.semantics = Semantics.OPM
            result = lib.copp_opm_anchor_read(data, len(data), self._opm)
        if result != lib.COPP_OK:
            remedy = "give a public key (COPP) or a root's certificate (OPM)"
            raise CoppError(f"{name}: not an anchor; {remedy}", result=Result(result), remedy=remedy)

    @classmethod
    def read(cls, path: Path) -> Anchor:
        """Reads an anchor's file. Raises OSError if it cannot be read, CoppError if it is not an anchor."""
        with open(path, "rb") as file:
            return cls(file.read(65537), name=os.fspath(path))

    @classmethod
    def microsoft(cls, semantics: Semantics = Semantics.COPP) -> Anchor:
        """Returns the anchor of production drivers."""
        anchor = cls.__new__(cls)
        anchor.semantics = semantics
        anchor._key = ffi.new("struct copp_public_key *", lib.copp_anchor_microsoft()[0])
        anchor._opm = ffi.new("struct copp_opm_anchor *", lib.copp_opm_anchor_microsoft()[0])
        return anchor

    @classmethod
    def _of_key(cls, key: Any) -> Anchor:
        anchor = cls.__new__(cls)
        anchor.semantics = Semantics.COPP
        anchor._key = ffi.new("struct copp_public_key *", key)
        anchor._opm = new_struct("copp_opm_anchor")
        return anchor

    def _copp(self) -> Any:
        return self._key if self.semantics is Semantics.COPP else ffi.NULL

    def _of_lists(self) -> Any:
        """The key that signs lists of revoked drivers."""
        if self.semantics is not Semantics.COPP:
            remedy = "give a public key as the anchor"
            raise CoppError(f"a revocation list is for drivers of COPP; {remedy}", result=Result.ARGUMENT, remedy=remedy)
        return self._key

    def _of_opm(self) -> Any:
        return self._opm if self.semantics is Semantics.OPM else ffi.NULL


def find_anchor(anchor: Anchor | Path | None) -> Anchor:
    """Returns the anchor that is meant: a file's, or by default that of $COPP_ANCHOR, or Microsoft's."""
    if isinstance(anchor, Anchor):
        return anchor
    name = os.fspath(anchor) if anchor is not None else os.environ.get("COPP_ANCHOR") or "microsoft"
    return Anchor.microsoft() if name == "microsoft" else Anchor.read(name)


@dataclasses.dataclass(frozen=True)
class Certificate:
    """What a certificate of a valid chain says."""

    subject: str
    """The manufacturer of a COPP certificate, the common name of an OPM one."""
    purpose: str
    """What it may be used for, with spaces between: "encrypt", "sign-certificate", "sign-crl", "copp"; of OPM "leaf", "ca" or "root"."""
    digest: bytes
    """SHA-1 over its data, by which a revocation list names a COPP certificate; b"" for OPM."""
    data: bytes
    """The certificate's Data element (COPP), or all of it in DER (OPM)."""


class Chain(Handle):
    """A driver's certificate chain, validated against an anchor (CERT-1..13, OPM-CERT-1..10)."""

    _what = "chain"

    def __init__(self, data: bytes, anchor: Anchor, *, purpose: str | None = None) -> None:
        """Validates the chain. Raises CoppError with the broken rule and the certificate where it is not valid.

        The anchor says which protocol's chain it is. ``purpose`` is an extended key usage to demand of an OPM chain (OPM-CERT-8).
        """
        super().__init__()
        self._closed = True
        self.semantics = anchor.semantics
        verdict = new_verdict()
        if anchor.semantics is Semantics.COPP:
            self._chain = ffi.new("struct copp_chain **")
            result = lib.copp_chain_validate_logged(data, len(data), anchor._copp(), log(), self._chain, verdict)
        else:
            self._chain = ffi.new("struct copp_opm_chain **")
            text = to_c(purpose) if purpose is not None else ffi.NULL
            trust = new_struct("copp_opm_trust", anchor=anchor._of_opm(), purpose=text, log=log())
            result = lib.copp_opm_chain_validate(data, len(data), trust, self._chain, verdict)
        check(result, verdict=verdict)
        self._closed = False

    @classmethod
    def read(cls, path: Path, anchor: Anchor) -> Chain:
        """Reads a chain's file and validates it."""
        with open(path, "rb") as file:
            return cls(file.read(65537), anchor)

    def _release(self) -> None:
        if self.semantics is Semantics.COPP:
            lib.copp_chain_free(self._chain)
        else:
            lib.copp_opm_chain_free(self._chain)

    @property
    def data(self) -> bytes:
        """The chain's bytes as they came."""
        self._check_open()
        size = ffi.new("size_t *")
        copp = self.semantics is Semantics.COPP
        data = (lib.copp_chain_bytes if copp else lib.copp_opm_chain_bytes)(self._chain[0], size)
        return bytes(ffi.buffer(data, size[0]))

    @property
    def certificates(self) -> list[Certificate]:
        """The certificates, in the chain's order."""
        self._check_open()
        return copp_certificates(self._chain[0]) if self.semantics is Semantics.COPP else opm_certificates(self._chain[0])


def copp_certificates(chain: Any) -> list[Certificate]:
    """Returns what the certificates of a struct copp_chain say."""
    certificates = []
    for index in range(lib.copp_chain_count(chain)):
        told = new_struct("copp_certificate")
        check(lib.copp_chain_certificate(chain, index, told))
        purposes = {
            "encrypt": told.encrypt_key,
            "sign-certificate": told.sign_certificate,
            "sign-crl": told.sign_crl,
            "copp": told.copp_certificate,
        }
        certificates.append(
            Certificate(
                from_c(told.manufacturer),
                " ".join(purpose for purpose, allowed in purposes.items() if allowed),
                bytes(ffi.buffer(told.digest)),
                bytes(ffi.buffer(told.data, told.data_size)),
            )
        )
    return certificates


def opm_certificates(chain: Any) -> list[Certificate]:
    """Returns what the certificates of a struct copp_opm_chain say."""
    roles = {lib.COPP_OPM_ROLE_LEAF: "leaf", lib.COPP_OPM_ROLE_CA: "ca", lib.COPP_OPM_ROLE_ROOT: "root"}
    certificates = []
    for index in range(lib.copp_opm_chain_count(chain)):
        told = new_struct("copp_opm_certificate")
        check(lib.copp_opm_chain_certificate(chain, index, told))
        der = bytes(ffi.buffer(told.der, told.der_size))
        certificates.append(Certificate(from_c(told.subject), roles.get(told.role, ""), b"", der))
    return certificates


class RevocationList(Handle):
    """A certificate revocation list that has been validated (CRL-1..5). It is for drivers of COPP."""

    _what = "revocation list"

    def __init__(self, data: bytes, anchor: Anchor) -> None:
        """Validates a list, binary or base64."""
        super().__init__()
        self._closed = True
        self._list = ffi.new("struct copp_revocation_list **")
        verdict = new_verdict()
        check(
            lib.copp_revocation_validate_logged(data, len(data), anchor._of_lists(), log(), self._list, verdict),
            verdict=verdict,
        )
        self._closed = False

    @classmethod
    def load(cls, path: Path, anchor: Anchor) -> RevocationList:
        """Loads a stored list. Raises CoppError: with Result.NOT_FOUND if it is not there, Result.INVALID if it was torn or changed."""
        loaded = cls.__new__(cls)
        Handle.__init__(loaded)
        loaded._closed = True
        loaded._list = ffi.new("struct copp_revocation_list **")
        verdict = new_verdict()
        name = to_c(os.fsencode(path))
        result = lib.copp_revocation_load_logged(name, anchor._of_lists(), log(), loaded._list, verdict)
        if result == lib.COPP_E_NOT_FOUND:
            remedy = "store one first"
            raise CoppError(f"{os.fspath(path)}: the list does not exist; {remedy}", result=Result.NOT_FOUND, remedy=remedy)
        check(result, verdict=verdict, what=os.fspath(path))
        loaded._closed = False
        return loaded

    @staticmethod
    def store(path: Path, data: bytes, anchor: Anchor) -> None:
        """Validates a list and stores it, in place of an older one only. Raises CoppError with Result.ROLLBACK for an older list (CRL-3)."""
        verdict = new_verdict()
        check(
            lib.copp_revocation_store(to_c(os.fsencode(path)), data, len(data), anchor._of_lists(), ffi.NULL, verdict),
            verdict=verdict,
            what=os.fspath(path),
        )

    def _release(self) -> None:
        lib.copp_revocation_free(self._list)

    @property
    def version(self) -> int:
        """The list's version. A newer list has a higher one."""
        self._check_open()
        return int(lib.copp_revocation_version(self._list[0]))

    @property
    def digests(self) -> list[bytes]:
        """The digests of the certificates that are revoked."""
        self._check_open()
        count = lib.copp_revocation_count(self._list[0])
        return [bytes(ffi.buffer(lib.copp_revocation_digest(self._list[0], i), lib.COPP_DIGEST_SIZE)) for i in range(count)]

    def check(self, chain: Chain) -> None:
        """Raises CoppError with Result.REVOKED if a certificate of the chain is on the list (CRL-4)."""
        self._check_open()
        chain._check_open()
        if chain.semantics is not Semantics.COPP:
            raise CoppError("a revocation list is for chains of COPP", result=Result.ARGUMENT)
        verdict = new_verdict()
        check(lib.copp_revocation_check(self._list[0], chain._chain[0], verdict), verdict=verdict)


class Srm(Handle):
    """An HDCP system renewability message that has been verified: a list of revoked displays (SRM-1..5).

    ``key`` is "production" (the licensing body's), "facsimile" (the specifications' test keys), or the bytes of a PEM public key.
    """

    _what = "SRM"

    def __init__(self, data: bytes, *, key: str | bytes = "production") -> None:
        super().__init__()
        self._closed = True
        self._srm = ffi.new("struct copp_srm **")
        self.data = bytes(data)
        """The message's bytes. A driver of OPM is given them."""
        kept, wanted = srm_key(key)
        verdict = new_verdict()
        result = lib.copp_srm_verify_logged(data, len(data), wanted, log(), self._srm, verdict)
        del kept
        check(result, verdict=verdict)
        self._closed = False

    @classmethod
    def read(cls, path: Path, *, key: str | bytes = "production") -> Srm:
        """Reads a message's file and verifies it."""
        with open(path, "rb") as file:
            return cls(file.read(SRM_SIZE_MAX + 1), key=key)

    def _release(self) -> None:
        lib.copp_srm_free(self._srm)

    @property
    def hdcp(self) -> int:
        """Whose displays it is about: 1 for HDCP 1.x, 2 for HDCP 2.x."""
        self._check_open()
        return int(lib.copp_srm_hdcp(self._srm[0]))

    @property
    def version(self) -> int:
        """The message's version. A newer message has a higher one."""
        self._check_open()
        return int(lib.copp_srm_version(self._srm[0]))

    @property
    def entries(self) -> list[bytes]:
        """The key selection vectors, or receiver ids, that are revoked: 5 bytes each, most significant first."""
        self._check_open()
        count = lib.copp_srm_count(self._srm[0])
        return [bytes(ffi.buffer(lib.copp_srm_entry(self._srm[0], i), lib.COPP_KSV_SIZE)) for i in range(count)]

    def revokes(self, ksv: bytes) -> bool:
        """Whether a display is revoked, by its 5 bytes."""
        self._check_open()
        if len(ksv) != lib.COPP_KSV_SIZE:
            raise CoppError("a key selection vector has 5 bytes", result=Result.ARGUMENT)
        return bool(lib.copp_srm_revoked(self._srm[0], ksv))


def srm_key(key: str | bytes) -> tuple[Any, Any]:
    """Returns what a struct copp_srm_key borrows, and the struct."""
    if isinstance(key, bytes):
        pem = ffi.new("char[]", key)
        return pem, new_struct("copp_srm_key", kind=lib.COPP_SRM_KEY_PEM, pem=pem, pem_size=len(key))
    kinds = {"production": lib.COPP_SRM_KEY_PRODUCTION, "facsimile": lib.COPP_SRM_KEY_FACSIMILE}
    if key not in kinds:
        raise CoppError(f"{key!r}: not a key of SRMs; give production, facsimile, or a PEM public key", result=Result.ARGUMENT)
    return None, new_struct("copp_srm_key", kind=kinds[key])
