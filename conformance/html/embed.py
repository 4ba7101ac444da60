#!/usr/bin/env python3
"""Makes a C file of the page's style and script, and of the policy that allows these two and nothing else.

usage: embed.py page.css page.js OUTPUT.c
"""
import base64
import hashlib
import sys


def array(name, data):
    numbers = ",".join(str(byte) for byte in data + b"\0")
    return f"const char {name}[] = {{{numbers}}};\n"


def source(data):
    return "'sha256-" + base64.b64encode(hashlib.sha256(data).digest()).decode() + "'"


def main():
    css_name, js_name, output = sys.argv[1:]
    with open(css_name, "rb") as file:
        css = file.read()
    with open(js_name, "rb") as file:
        js = file.read()
    for name, data in ((css_name, css), (js_name, js)):
        # either would end the element that it stands in, or change how it is read; and a CR is read as a newline
        if any(part in data.lower() for part in (b"</", b"<!--", b"\r", b"\0")) or not data.isascii():
            sys.exit(f"{name}: has </, <!--, a CR, or bytes beyond ASCII")
    policy = f"default-src 'none'; style-src {source(css)}; script-src {source(js)}; base-uri 'none'; form-action 'none'"
    with open(output, "w", encoding="ascii", newline="\n") as file:
        file.write('/* Made by embed.py. */\n#include "conformance/html/page.h"\n\n')
        file.write(array("page_css", css) + array("page_js", js) + array("page_policy", policy.encode()))


main()
