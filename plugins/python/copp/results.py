"""What libcopp answers, as enumerations and exceptions."""

from __future__ import annotations

import enum
from typing import Any, NoReturn

from ._native import ffi, lib


class _Answer(enum.Enum):
    """An answer that is compared, and never true or false by itself: in some of them 0 is the good one, in others it is the worst."""

    def __bool__(self) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is neither true nor false: compare it, as in `is {type(self).__name__}.{self.name}`")


class Result(_Answer):
    """What a function of libcopp answers: enum copp_result of copp/base.h."""

    OK = lib.COPP_OK
    ARGUMENT = lib.COPP_E_ARGUMENT
    MEMORY = lib.COPP_E_MEMORY
    CRYPTO = lib.COPP_E_CRYPTO
    RANDOM = lib.COPP_E_RANDOM
    STATE = lib.COPP_E_STATE
    TRUNCATED = lib.COPP_E_TRUNCATED
    TOO_LARGE = lib.COPP_E_TOO_LARGE
    INVALID = lib.COPP_E_INVALID
    REVOKED = lib.COPP_E_REVOKED
    ROLLBACK = lib.COPP_E_ROLLBACK
    REFUSED = lib.COPP_E_REFUSED
    TRANSPORT = lib.COPP_E_TRANSPORT
    AUTHENTICATION = lib.COPP_E_AUTHENTICATION
    LINK_LOST = lib.COPP_E_LINK_LOST
    UNSUPPORTED = lib.COPP_E_UNSUPPORTED
    UNSUPPORTED_MODE = lib.COPP_E_UNSUPPORTED_MODE
    RESOLUTION = lib.COPP_E_RESOLUTION
    PENDING = lib.COPP_E_PENDING
    IO = lib.COPP_E_IO
    NOT_FOUND = lib.COPP_E_NOT_FOUND
    KEY = lib.COPP_E_KEY
    FAILED = lib.COPP_E_FAILED
    FORKED = lib.COPP_E_FORKED
    AMBIGUOUS = lib.COPP_E_AMBIGUOUS
    UNKNOWN = None  # of a newer libcopp

    @classmethod
    def _missing_(cls, value: object) -> Result:
        return cls.UNKNOWN


class Stop(_Answer):
    """Why content must not be shown: enum copp_stop of copp/session.h. Only NONE allows it."""

    INTERNAL = lib.COPP_STOP_INTERNAL
    NONE = lib.COPP_STOP_NONE
    LINK_LOST = lib.COPP_STOP_LINK_LOST
    LEVEL = lib.COPP_STOP_LEVEL
    REPEATER = lib.COPP_STOP_REPEATER
    NO_RECEIVER = lib.COPP_STOP_NO_RECEIVER
    KSV = lib.COPP_STOP_KSV
    REVOKED = lib.COPP_STOP_REVOKED
    UNSUPPORTED = lib.COPP_STOP_UNSUPPORTED
    REFUSED = lib.COPP_STOP_REFUSED
    AUTHENTICATION = lib.COPP_STOP_AUTHENTICATION
    TRANSPORT = lib.COPP_STOP_TRANSPORT
    DRIVER_REVOKED = lib.COPP_STOP_DRIVER_REVOKED
    RECONFIGURED = lib.COPP_STOP_RECONFIGURED
    REVOKED_DEVICE = lib.COPP_STOP_REVOKED_DEVICE
    TAMPERING = lib.COPP_STOP_TAMPERING
    SRM = lib.COPP_STOP_SRM
    OTHER_OUTPUT = lib.COPP_STOP_OTHER_OUTPUT

    @classmethod
    def _missing_(cls, value: object) -> Stop:
        return cls.INTERNAL  # a reason of a newer libcopp's is a reason

    @property
    def text(self) -> str:
        """The reason in words."""
        return from_c(lib.copp_stop_text(self.value))

    @property
    def rule(self) -> str:
        """The id of the rule behind it, as in docs/protocol.md; "" for none."""
        return from_c(lib.copp_rule_id(lib.copp_stop_rule(self.value)))


class Semantics(_Answer):
    """Which protocol a driver speaks: enum copp_semantics of copp/transport.h."""

    COPP = lib.COPP_SEMANTICS_COPP
    OPM = lib.COPP_SEMANTICS_OPM


class Event(enum.IntFlag):
    """What has happened to a connector (COPP_STATUS_*)."""

    LINK_LOST = lib.COPP_STATUS_LINK_LOST
    RENEGOTIATION_REQUIRED = lib.COPP_STATUS_RENEGOTIATION_REQUIRED
    TAMPERING_DETECTED = lib.COPP_STATUS_TAMPERING_DETECTED
    REVOKED_HDCP_DEVICE = lib.COPP_STATUS_REVOKED_HDCP_DEVICE


class ProtectionType(enum.IntFlag):
    """What a connector can put in force. HDCP has another number under OPM."""

    HDCP = lib.COPP_PROTECTION_TYPE_HDCP
    ACP = lib.COPP_PROTECTION_TYPE_ACP
    CGMSA = lib.COPP_PROTECTION_TYPE_CGMSA
    OPM_HDCP = lib.COPP_PROTECTION_TYPE_OPM_HDCP
    DPCP = lib.COPP_PROTECTION_TYPE_DPCP
    ENFORCEMENT = lib.COPP_PROTECTION_TYPE_ENFORCEMENT


class CoppError(Exception):
    """A call of libcopp's that failed. The text is one sentence: what went wrong, by which rule, and what to do about it."""

    result: Result
    """The cause. Result.OK if a protection has stopped, and ``stop`` says why."""
    stop: Stop
    """Why a session stopped; Stop.NONE if that is not what went wrong."""
    rule: str
    """The id of the rule that was broken, as in docs/protocol.md: "CERT-11"; "" for none."""
    certificate: int | None
    """The certificate of the chain that is wrong, from 0 on, or None."""
    hresult: int
    """What the driver answered last."""
    hresult_name: str
    """Its name, such as "E_UNEXPECTED"."""
    remedy: str
    """What to do about it; "" where nothing is known."""

    def __init__(
        self,
        text: str,
        *,
        result: Result = Result.OK,
        stop: Stop = Stop.NONE,
        rule: str = "",
        certificate: int | None = None,
        hresult: int = lib.COPP_HR_OK,
        remedy: str = "",
    ) -> None:
        super().__init__(text)
        self.result = result
        self.stop = stop
        self.rule = rule
        self.certificate = certificate
        self.hresult = hresult
        self.hresult_name = from_c(lib.copp_hresult_name(hresult))
        self.remedy = remedy


class ProtectionLost(CoppError):
    """Content must be hidden: protection could not be put in force, or is not in force any more. ``stop`` says why."""


class ClosedError(CoppError):
    """A call on something that has been closed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"the {what} is closed; open another one", result=Result.STATE, remedy="open another one")


class MisuseError(CoppError):
    """A call from one thread while another one is in a call on the same session or adapter, or from within such a call."""

    def __init__(self) -> None:
        super().__init__(
            "another thread is in a call on this object; use it from one thread at a time",
            result=Result.STATE,
            remedy="use it from one thread at a time",
        )


def from_c(text: Any) -> str:
    """Returns a C string's text. What is not UTF-8 is shown as escapes."""
    return "" if text == ffi.NULL else str(ffi.string(text).decode("utf-8", "backslashreplace"))


def rule_id(rule: int) -> str:
    """Returns a rule's id; "" for none."""
    return from_c(lib.copp_rule_id(rule))


def new_verdict() -> Any:
    """Returns a struct copp_verdict that says nothing."""
    verdict = ffi.new("struct copp_verdict *")
    verdict.certificate = -1
    return verdict


def make_error(
    result: int,
    *,
    verdict: Any = ffi.NULL,
    session: Any = ffi.NULL,
    stop: Stop = Stop.NONE,
    what: str = "",
) -> CoppError:
    """Returns the exception for a failure, in the words of copp_session_explain. ``what`` names what was worked on."""
    told = verdict != ffi.NULL and verdict.detail != ffi.NULL
    text = ffi.new("char[1024]")
    told_verdict = verdict if told else ffi.NULL
    sentence = from_c(lib.copp_session_explain(session, result, told_verdict, stop.value, text, len(text)))
    kind = CoppError if stop is Stop.NONE else ProtectionLost
    return kind(
        f"{what}: {sentence}" if what else sentence,
        result=Result(result),
        stop=stop,
        rule=stop.rule or (rule_id(verdict.rule) if told else ""),
        certificate=verdict.certificate if told and verdict.certificate >= 0 else None,
        hresult=lib.copp_session_hresult(session) if session != ffi.NULL else lib.COPP_HR_OK,
        remedy=from_c(lib.copp_session_remedy(session, result, told_verdict, stop.value)),
    )


def check(result: int, *, verdict: Any = ffi.NULL, session: Any = ffi.NULL, what: str = "") -> None:
    """Raises CoppError unless the result is COPP_OK."""
    if result != lib.COPP_OK:
        raise make_error(result, verdict=verdict, session=session, what=what)
