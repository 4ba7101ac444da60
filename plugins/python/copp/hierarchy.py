"""Test hierarchies: keys, chains and revocation lists of one's own. Nobody trusts them unless told to, by the anchor."""

from __future__ import annotations

import contextlib
import os
from typing import Any, Iterable

from ._native import ffi, lib
from .handles import Handle, log, to_c
from .results import CoppError, Result, Semantics, check
from .trust import Anchor, Chain, Path, opm_certificates

ROOT_BITS = 1024  # of COPP's root and of who signs revocation lists (CERT-6, CRL-1)
BITS = 2048


class PrivateKey(Handle):
    """An RSA private key. close() wipes it; it never becomes an object of Python's."""

    _what = "private key"

    def __init__(self, uri: str | None = None, *, passphrase: str | None = None, bits: int = BITS) -> None:
        """Opens the key of a file or a token, by its URI; without one makes a new key of 1024 or 2048 bits."""
        super().__init__()
        self._closed = True
        if bits not in (ROOT_BITS, BITS):
            raise CoppError(f"a key has {ROOT_BITS} or {BITS} bits, not {bits}", result=Result.ARGUMENT)
        self._key = ffi.new("struct copp_private_key **")
        if uri is None:
            check(lib.copp_private_key_generate(bits, self._key), what="a new key")
        else:
            secret = to_c(passphrase, what="the passphrase") if passphrase is not None else ffi.NULL
            try:
                result = lib.copp_private_key_open_logged(to_c(uri), secret, log(), self._key)
                if result == lib.COPP_E_NOT_FOUND:
                    remedy = "name a file or a token that exists"
                    raise CoppError(f"{uri}: the key is not found; {remedy}", result=Result.NOT_FOUND, remedy=remedy)
                check(result, what=uri)
            finally:
                if secret != ffi.NULL:
                    ffi.memmove(secret, bytes(len(secret)), len(secret))
        self._closed = False

    def _release(self) -> None:
        lib.copp_private_key_free(self._key)

    def _public(self) -> Any:
        self._check_open()
        public = ffi.new("struct copp_public_key *")
        check(self._key[0].ops.public_key(self._key[0], public), what="the key's public half")
        return public

    @property
    def anchor(self) -> Anchor:
        """The key's public half, as an anchor of COPP."""
        return Anchor._of_key(self._public()[0])

    @property
    def public_pem(self) -> bytes:
        """The key's public half as PEM."""
        pem = ffi.new("char **")
        size = ffi.new("size_t *")
        check(lib.copp_public_key_to_pem(self._public(), pem, size))
        return _take(pem, size)

    def save(self, path: Path) -> None:
        """Writes the key to a new file that only this user may read, unencrypted. Raises FileExistsError if the file exists."""
        self._check_open()
        pem = ffi.new("char **")
        size = ffi.new("size_t *")
        check(lib.copp_private_key_to_pem(self._key[0], pem, size), what="the key")
        try:
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb", buffering=0) as file:
                left = memoryview(ffi.buffer(pem[0], size[0]))
                while left:
                    left = left[file.write(left) or 0 :]
        finally:
            lib.copp_release(pem[0], size[0])


class Hierarchy(Handle):
    """A test hierarchy of COPP: a root, a maker and a driver; and on demand one of OPM. Closing it wipes its keys.

    Sessions trust it by ``anchor`` or ``opm_anchor``. An Adapter is given the hierarchy.
    """

    _what = "hierarchy"

    def __init__(self, *, name: str = "test", security_level: int = 150) -> None:
        """Makes three keys, and the chain under them."""
        super().__init__()
        self._closed = True
        self._name = name
        self._level = security_level
        with contextlib.ExitStack() as keys:
            self.leaf, self.ihv = (keys.enter_context(PrivateKey()) for _ in range(2))
            self.root = keys.enter_context(PrivateKey(bits=ROOT_BITS))
            self._lists: PrivateKey | None = None
            self._opm: tuple[PrivateKey, PrivateKey, bytes] | None = None
            self.chain_bytes = self._issue()
            """The chain: leaf, maker, root."""
            self.anchor = self.root.anchor
            """Whom to trust of this hierarchy's COPP drivers."""
            keys.pop_all()
        self._closed = False

    def _release(self) -> None:
        for key in (self.leaf, self.ihv, self.root, self._lists, *(self._opm or ())[:2]):
            if isinstance(key, PrivateKey):
                key.close()

    def _issue(self) -> bytes:
        subjects = (self.leaf, self.ihv, self.root)
        signers = (self.ihv, self.root, self.root)
        with _Requests(len(subjects)) as requests:
            for index, (subject, signer) in enumerate(zip(subjects, signers)):
                leaf = index == 0
                requests.fill(
                    index,
                    subject,
                    signer,
                    name=f"{self._name} {('driver', 'IHV', 'root')[index]}",
                    encrypt_key=leaf,  # CERT-8
                    copp_certificate=leaf,
                    sign_certificate=not leaf,  # CERT-9
                    security_level=self._level,
                )
            xml = ffi.new("char **")
            size = ffi.new("size_t *")
            check(lib.copp_chain_issue(requests.array, len(subjects), xml, size), what="the chain")
            return _take(xml, size)

    @property
    def chain(self) -> Chain:
        """The chain, validated anew: close it after use."""
        self._check_open()
        return Chain(self.chain_bytes, self.anchor)

    def _make_opm(self) -> tuple[PrivateKey, PrivateKey, bytes]:
        self._check_open()
        if self._opm is None:
            leaf, root = PrivateKey(), PrivateKey()
            try:
                self._opm = leaf, root, self._issue_opm(leaf, root)
            except BaseException:
                leaf.close()
                root.close()
                raise
        return self._opm

    def _issue_opm(self, leaf: PrivateKey, root: PrivateKey) -> bytes:
        """As OPM's chains are published, with SHA-1: there are clients that verify no other."""
        names = [to_c(f"{self._name} {part}") for part in ("driver", "root")]
        requests = ffi.new("struct copp_opm_certificate_request[2]")
        for request, key, text in zip(requests, (leaf, root), names):
            request.size = ffi.sizeof("struct copp_opm_certificate_request")
            request.key = key._public()[0]
            request.signer = root._key[0]
            request.name = text
        data = ffi.new("uint8_t **")
        size = ffi.new("size_t *")
        check(lib.copp_opm_chain_issue(requests, 2, lib.COPP_OPM_HASH_SHA1, data, size), what="the chain")
        return _take(data, size)

    @property
    def opm_leaf(self) -> PrivateKey:
        """The key of an OPM driver. It is made when it is first asked for."""
        return self._make_opm()[0]

    @property
    def opm_chain_bytes(self) -> bytes:
        """The X.509 chain: leaf, root."""
        return self._make_opm()[2]

    @property
    def opm_root(self) -> bytes:
        """The root's certificate, in DER."""
        data = self.opm_chain_bytes
        chain = ffi.new("struct copp_opm_chain **")
        check(lib.copp_opm_chain_parse(data, len(data), log(), chain, ffi.NULL))
        try:
            return opm_certificates(chain[0])[-1].data
        finally:
            lib.copp_opm_chain_free(chain)

    @property
    def opm_anchor(self) -> Anchor:
        """Whom to trust of this hierarchy's OPM drivers."""
        return Anchor(self.opm_root, name="the root")

    def issue_revocation_list(self, version: int, revoke: Iterable[bytes] = ()) -> bytes:
        """Returns a list, in binary form. ``revoke`` has the digests of certificates: see Certificate.digest."""
        self._check_open()
        digests = b"".join(revoke)
        if len(digests) % lib.COPP_DIGEST_SIZE:
            raise CoppError("a digest has 20 bytes", result=Result.ARGUMENT)
        if self._lists is None:
            self._lists = PrivateKey(bits=ROOT_BITS)
        with _Requests(2) as requests:
            requests.fill(0, self._lists, self.root, name="", sign_crl=True)
            requests.fill(1, self.root, self.root, name="", sign_certificate=True)
            data = ffi.new("uint8_t **")
            size = ffi.new("size_t *")
            count = len(digests) // lib.COPP_DIGEST_SIZE
            signer = self._lists._key[0]
            check(
                lib.copp_revocation_issue(version, digests, count, requests.array, 2, signer, data, size),
                what="the revocation list",
            )
            return _take(data, size)

    def anchor_of(self, semantics: Semantics) -> Anchor:
        """Returns the anchor for drivers with those semantics."""
        return self.anchor if semantics is Semantics.COPP else self.opm_anchor


class _Requests:
    """An array of struct copp_certificate_request, with the names that it borrows."""

    def __init__(self, count: int) -> None:
        self.array = ffi.new("struct copp_certificate_request[]", count)
        self._names: list[Any] = []

    def __enter__(self) -> _Requests:
        return self

    def __exit__(self, *_: object) -> None:
        self._names.clear()

    def fill(self, index: int, subject: PrivateKey, signer: PrivateKey, *, name: str, **members: int) -> None:
        """Says what one certificate is about, and who signs it."""
        request = self.array[index]
        self._names.append(to_c(name))
        request.size = ffi.sizeof("struct copp_certificate_request")
        request.subject = subject._public()[0]
        request.signer = signer._key[0]
        request.manufacturer = self._names[-1]
        for member, value in members.items():
            setattr(request, member, value)


def _take(data: Any, size: Any) -> bytes:
    """Copies public bytes that libcopp has handed over, and gives them back."""
    try:
        return bytes(ffi.buffer(data[0], size[0]))
    finally:
        lib.copp_release(data[0], size[0])

