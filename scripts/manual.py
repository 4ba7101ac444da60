#!/usr/bin/env python3
"""The manual's section 3: holds its pages to the headers and the libraries, and takes the programs out of them.

manual.py example PAGE
    prints the program in the page's section EXAMPLE.

manual.py check --header FILE... --library FILE... --page FILE... [--elsewhere FILE...]
    fails unless the functions that the pages show are those that the headers declare and the libraries export, none more and none
    less, each on one page, with the header's prototype. The same holds for each struct and enum that a page defines. Every page has
    its sections and an example, names its functions in NAME in the order of SYNOPSIS, and refers to pages that exist, here or among
    those elsewhere, of a library that is not built.
"""
import argparse
import re
import subprocess
import sys
from pathlib import Path

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "RETURN VALUE", "EXAMPLE", "SEE ALSO"]
# Pages about a whole library, or about a struct that a program implements: they show no function, and so return nothing.
WITHOUT_FUNCTIONS = ["libcopp", "libcopp-kms", "copp_log", "copp_random"]
TYPE = re.compile(r"^(?:struct|enum) (copp_\w+) ?\{[^\n]*\};|^(?:struct|enum) (copp_\w+) ?\{.*?^\};", re.M | re.S)


def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def normal(code):
    """Code as its tokens: where lines break makes no difference."""
    return " ".join(re.findall(r"\w+|[^\w\s]", code))


def types_of(text):
    return {match.group(1) or match.group(2): normal(match.group()) for match in TYPE.finditer(text)}


def functions_of_header(text):
    """Name and prototype of each function that is declared with COPP_API."""
    text = re.sub(r"^\s*#.*$", "", without_comments(text), flags=re.M)
    found = {}
    for match in re.finditer(r"COPP_API\b([^;{}]*)\)\s*;", text):
        prototype = normal(re.sub(r"\bCOPP_NODISCARD\b", "", match.group(1)) + ")")
        found[re.search(r"(copp_\w+) \(", prototype).group(1)] = prototype
    return found


def functions_of_synopsis(text):
    text = TYPE.sub("", re.sub(r"^\s*#.*$", "", text, flags=re.M))
    found = []
    for statement in text.split(";"):
        match = re.search(r"(copp_\w+) \(", normal(statement))
        if match:
            found.append((match.group(1), normal(statement)))
    return found


def exported(library):
    listing = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library], check=True, capture_output=True, text=True)
    names = (line.split()[0].split("@")[0] for line in listing.stdout.splitlines())
    return {name for name in names if name.startswith("copp_")}


def sections_of(text):
    parts = re.split(r"^# (.+)\n", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def block_of(section):
    """The literal block of a section, as a reader sees it."""
    match = re.search(r"^```\n(.*?)^```$", section, re.M | re.S)
    return re.sub(r"\\(.)", r"\1", match.group(1)) if match else ""


def names_of(section):
    return [name.strip() for name in section.split(" - ")[0].split(",")]


class Check:
    def __init__(self, arguments):
        headers = [Path(header).read_text() for header in arguments.header]
        self.declared, self.types = {}, {}
        for header in headers:
            self.declared.update(functions_of_header(header))
            self.types.update(types_of(without_comments(header)))
        self.exports = set().union(*(exported(library) for library in arguments.library))
        self.pages = [Path(page) for page in arguments.page]
        self.shown, self.wrong = {}, []
        self.named = {name for page in arguments.elsewhere for name in names_of(sections_of(Path(page).read_text())["NAME"])}

    def complain(self, text):
        self.wrong.append(text)

    def page(self, path):
        title = path.name.removesuffix(".3.scd")
        text = path.read_text()
        sections = sections_of(text)
        if not text.startswith(f"{title}(3)\n"):
            self.complain(f"{path}: its first line is not {title}(3)")
        expected = [name for name in SECTIONS if name != "RETURN VALUE" or title not in WITHOUT_FUNCTIONS]
        if list(sections) != expected:
            self.complain(f"{path}: its sections are {list(sections)}")
            return
        names = names_of(sections["NAME"])
        self.named.update(names)
        if names[0] != title:
            self.complain(f"{path}: NAME begins with {names[0]}")
        if "int main(" not in block_of(sections["EXAMPLE"]):
            self.complain(f"{path}: its example is not a program")
        self.synopsis(path, block_of(sections["SYNOPSIS"]), [] if title in WITHOUT_FUNCTIONS else names)

    def synopsis(self, path, text, names):
        functions = functions_of_synopsis(text)
        if [name for name, _ in functions] != names:
            self.complain(f"{path}: NAME has {names}, SYNOPSIS {[name for name, _ in functions]}")
        for name, prototype in functions:
            if name in self.shown:
                self.complain(f"{path}: {self.shown[name]} shows {name} too")
            self.shown[name] = path
            if name not in self.exports:
                self.complain(f"{path}: {name} is not exported")
            if prototype != self.declared.get(name):
                self.complain(f"{path}: {prototype}\n    the header has: {self.declared.get(name)}")
        for name, definition in types_of(text).items():
            if definition != self.types.get(name):
                self.complain(f"{path}: {definition}\n    the header has: {self.types.get(name)}")

    def references(self, path):
        for name in re.findall(r"\*([\w.-]+)\*\(3\)", path.read_text()):
            if name not in self.named:
                self.complain(f"{path}: {name}(3) does not exist")

    def run(self):
        for path in self.pages:
            self.page(path)
        for path in self.pages:
            self.references(path)
        for name in sorted((self.exports | set(self.declared)) - set(self.shown)):
            self.complain(f"{name} has no page")
        for name in sorted(self.exports ^ set(self.declared)):
            self.complain(f"{name} is either declared or exported, and not both")
        print("\n".join(self.wrong) or f"{len(self.pages)} pages show {len(self.shown)} functions")
        return 1 if self.wrong or not self.shown else 0


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("example").add_argument("page")
    check = commands.add_parser("check")
    for name in ("header", "library", "page"):
        check.add_argument("--" + name, nargs="+", required=True)
    check.add_argument("--elsewhere", nargs="*", default=[])
    arguments = parser.parse_args()
    if arguments.command == "example":
        print(block_of(sections_of(Path(arguments.page).read_text())["EXAMPLE"]), end="")
        return 0
    return Check(arguments).run()


if __name__ == "__main__":
    sys.exit(main())
