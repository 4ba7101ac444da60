"""Results, exceptions, and the extension itself."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import sysconfig

import pytest

import copp


def enumerators(header: pathlib.Path, enum: str) -> set[str]:
    """The names in one of the headers' enumerations."""
    text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.S)
    body = re.search(rf"enum {enum} {{(.*?)}};", text, flags=re.S)
    assert body
    return {part.split("=")[0].strip() for part in body[1].split(",")}


def test_each_result_and_each_stop_has_a_member(source: pathlib.Path) -> None:
    results = {f"COPP_E_{member.name}" for member in copp.Result} - {"COPP_E_OK", "COPP_E_UNKNOWN"} | {"COPP_OK"}
    assert results == enumerators(source / "include/copp/base.h", "copp_result")
    assert {f"COPP_STOP_{member.name}" for member in copp.Stop} == enumerators(source / "include/copp/session.h", "copp_stop")


def test_answers_are_compared_and_never_true_or_false() -> None:
    for answer in (copp.Result.OK, copp.Stop.NONE, copp.Stop.INTERNAL, copp.Semantics.COPP):
        with pytest.raises(TypeError, match="compare it"):
            bool(answer)
    assert copp.Stop(9999) is copp.Stop.INTERNAL
    assert copp.Result(-9999) is copp.Result.UNKNOWN


def test_versions_agree() -> None:
    assert copp.__version__ == copp.library_version()


def compile_native(source: pathlib.Path, directory: pathlib.Path, header: str, old: str, new: str) -> subprocess.CompletedProcess[str]:
    """Compiles the extension against the headers, in one of which something has changed."""
    for path in source.glob("include/**/*.h"):
        copy = directory / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if path.name == header:
            assert old in text
            text = text.replace(old, new, 1)
        copy.write_text(text, encoding="utf-8")
    subprocess.run(
        [sys.executable, source / "plugins/python/build_native.py", "--emit-c", directory / "native.c"], check=True, stdout=subprocess.PIPE
    )
    flags = ["-std=c11", "-fsyntax-only", "-Werror=incompatible-pointer-types", "-Werror=int-conversion"]
    include = [f"-I{directory}/include", f"-I{sysconfig.get_path('include')}"]
    return subprocess.run(["cc", *flags, *include, directory / "native.c"], check=False, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("enum copp_stop stop; /* for", "enum copp_stop stop; /* for", ""),
        ("bool receiver_unnamed; /* HDCP is in force", "bool more[9]; bool receiver_unnamed; /* HDCP is in force", "struct copp_poll has changed"),
        ("bool receiver_unnamed; /* HDCP is in force", "bool receiver_unnamed; int more; /* HDCP is in force", "struct copp_poll has changed"),
        ("uint32_t events; /* COPP_STATUS_* seen", "int32_t events; /* COPP_STATUS_* seen", "events of struct copp_poll has changed"),
        ("uint32_t hdcp; /* COPP_PROTECTION_TYPE_HDCP;", "uint32_t acp_; /*", "no member named"),
        ("COPP_API uint32_t copp_session_bound(", "COPP_API uint64_t copp_session_bound(", "conflicting types"),
    ],
)
def test_a_changed_struct_or_prototype_fails_the_build(
    source: pathlib.Path, tmp_path: pathlib.Path, old: str, new: str, complaint: str
) -> None:
    done = compile_native(source, tmp_path, "session.h", old, new)
    assert (done.returncode == 0) == (complaint == ""), done.stderr
    assert complaint in done.stderr


def test_the_extension_is_of_the_limited_api() -> None:
    native = sys.modules["copp._native"].__file__
    assert native is not None and native.endswith(".abi3.so")
