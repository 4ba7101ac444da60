"""Builds copp._native, the extension that holds libcopp's functions for Python.

setuptools finds ``ffibuilder`` here. Meson runs ``build_native.py --emit-c FILE`` and compiles FILE itself.
"""

import pathlib
import re
import subprocess
import sys
from typing import Any, Iterator

import cffi

CDEF = (pathlib.Path(__file__).resolve().parent / "native.cdef").read_text(encoding="utf-8")

# What libcopp calls back. A structure of the library's comes first in each, and the Python object that it stands for behind it.
CALLBACKS = """
struct python_pump {
    struct copp_pump pump;
    void *handle;
};
struct python_log {
    struct copp_log log;
};
extern "Python" uint64_t python_now_ms(struct copp_pump *pump);
extern "Python" void python_wait(struct copp_pump *pump, uint64_t deadline_ms);
extern "Python" void python_log_line(struct copp_log *log, enum copp_log_level level, const char *text);
"""

PREAMBLE = """
#include <copp.h>

struct python_pump {
    struct copp_pump pump;
    void *handle;
};
struct python_log {
    struct copp_log log;
};
static const char *const python_header_version = COPP_VERSION;
"""

# A member of another type of the same size is a change as well.
SCALARS = ("bool", "int", "unsigned int", "size_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t")


def prototypes() -> str:
    """Returns the declarations of all functions, again: one that differs from the header's is an error of the compiler's."""
    text = re.sub(r"/\*.*?\*/", "", CDEF, flags=re.S)
    text = re.sub(r"^#define .*$", "", text, flags=re.M)
    depth = 0
    outside = ""
    for character in text:
        depth += (character == "{") - (character == "}")
        if depth == 0:
            outside += character
    return "\n".join(
        " ".join(part.split()) + ";" for part in outside.split(";") if re.search(r"\bcopp_\w+\s*\(", part)
    )


def members(ffi: Any, name: str) -> Iterator[str]:
    """Returns an assertion for the struct, and some for each of its members."""
    struct = ffi.typeof(f"struct {name}")
    yield f'_Static_assert(sizeof(struct {name}) == {ffi.sizeof(struct)}, "struct {name} has changed: see native.cdef");'
    for member, field in struct.fields:
        place = f"((struct {name} *)0)->{member}"
        complain = f'"{member} of struct {name} has changed: see native.cdef"'
        yield f"_Static_assert(offsetof(struct {name}, {member}) == {field.offset}, {complain});"
        yield f"_Static_assert(sizeof({place}) == {ffi.sizeof(field.type)}, {complain});"
        if field.type.kind == "primitive" and field.type.cname in SCALARS:
            yield f"_Static_assert(_Generic({place}, {field.type.cname}: 1, default: 0), {complain});"


def assertions() -> str:
    """Returns what fails the build where a struct is not as native.cdef says, whether it has grown or changed inside."""
    ffi = cffi.FFI()
    ffi.cdef(re.sub(r",\s*\.\.\.(?=\s*})", "", re.sub(r"#define \w+ \.\.\.\n", "", CDEF)))
    structs = re.findall(r"^struct (\w+) \{", CDEF, flags=re.M)
    return "\n".join(line for name in structs for line in members(ffi, name))


def pkg_config(option: str) -> list[str]:
    """Returns what pkg-config says of libcopp, without the option letters in front."""
    said = subprocess.run(["pkg-config", option, "libcopp"], check=False, stdout=subprocess.PIPE, text=True)
    if said.returncode != 0:
        sys.exit(
            "pkg-config does not find libcopp: install it with its headers (libcopp-dev), or name the directory of its .pc file"
            " in PKG_CONFIG_PATH"
        )
    return [word[2:] for word in said.stdout.split()]


def make_builder(standalone: bool) -> Any:
    """Returns the extension's builder. Unless standalone, the caller knows where headers and library are."""
    builder = cffi.FFI()
    builder.cdef(CDEF + CALLBACKS)
    found: dict[str, Any] = {}
    if standalone:
        found = {
            "include_dirs": pkg_config("--cflags-only-I"),
            "library_dirs": pkg_config("--libs-only-L"),
            "libraries": pkg_config("--libs-only-l"),
        }
    builder.set_source(
        "copp._native",
        PREAMBLE + prototypes() + "\n" + assertions() + "\n",
        py_limited_api=True,
        extra_compile_args=["-Werror=incompatible-pointer-types", "-Werror=int-conversion"],
        **found,
    )
    return builder


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--emit-c":
        sys.exit("usage: build_native.py --emit-c FILE")
    make_builder(standalone=False).emit_c_code(sys.argv[2])
else:
    ffibuilder = make_builder(standalone=True)
