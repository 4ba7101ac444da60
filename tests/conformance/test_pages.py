#!/usr/bin/env python3
"""The pages of copp test --html and copp decode --html in a browser: what they show, how they are used, and what they do not do.

usage: test_pages.py COPP PAGES [DIRECTORY]

COPP is the tool, PAGES the program that makes pages of faults. Screenshots stay in DIRECTORY, which is made.
"""
import os
import subprocess
import sys
import tempfile

from browser import Browser, Failure, print_page

CHECKS = []


def check(page):
    """A check of one page, which is opened anew before it."""
    def add(function):
        CHECKS.append((page, function))
        return function
    return add


def want(true, what):
    if not true:
        raise Failure(what)


def equal(seen, right, what):
    want(seen == right, f"{what}: {seen!r} in place of {right!r}")


VISIBLE = "const visible = (all) => Array.from(document.querySelectorAll(all)).filter((each) => each.checkVisibility());"


def count(browser, selector):
    return browser.run(VISIBLE + "return visible(arguments[0]).length", selector)


# --- what every page keeps to ---

STRUCTURE = """
const wrong = [], ids = new Set();
for (const each of document.querySelectorAll("[id]")) {
    if (ids.has(each.id)) wrong.push("twice: #" + each.id);
    ids.add(each.id);
}
for (const each of document.querySelectorAll("a[href], use")) {
    const to = each.getAttribute("href");
    if (!to.startsWith("#") || !ids.has(to.slice(1))) wrong.push("leads nowhere: " + to);
}
for (const each of document.querySelectorAll("*")) {
    for (const name of each.getAttributeNames())
        if (name.startsWith("on") || ["src", "srcset", "style", "action"].includes(name)) wrong.push(each.tagName + " " + name);
    for (const name of (each.getAttribute("aria-labelledby") || "").split(" "))
        if (name !== "" && !ids.has(name)) wrong.push("not there: " + name);
}
for (const each of document.querySelectorAll("input, select"))
    if (each.labels.length === 0) wrong.push("without a label: " + each.name);
const levels = Array.from(document.querySelectorAll("h1, h2, h3, h4, h5"), (each) => Number(each.tagName[1]));
if (levels.filter((level) => level === 1).length !== 1) wrong.push("not one h1");
levels.forEach((level, i) => { if (i > 0 && level > levels[i - 1] + 2) wrong.push("a level of headings is left out"); });
for (const each of document.querySelectorAll("script, style, iframe, object, embed, link, img, base, form[action]"))
    if (!["SCRIPT", "STYLE"].includes(each.tagName)) wrong.push(each.tagName);
if (document.scripts.length !== 1 || document.querySelectorAll("style").length !== 1) wrong.push("more than one script or style");
if (performance.getEntriesByType("resource").length > 0) wrong.push("something was fetched");
return wrong;
"""

# Each visible text against what is behind it, by WCAG's formula; 4.5 is AA's for text of this size.
CONTRAST = VISIBLE + """
const probe = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
function parse(text) {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = text;
    probe.fillRect(0, 0, 1, 1);
    return Array.from(probe.getImageData(0, 0, 1, 1).data, (value) => value / 255);
}
const cache = new Map();
function colour(text) {
    if (!cache.has(text)) cache.set(text, parse(text));
    return cache.get(text);
}
function behind(element) {
    for (let at = element; at !== null; at = at.parentElement) {
        const found = colour(getComputedStyle(at).backgroundColor);
        if (found[3] > 0.99) return found;
    }
    return colour("white");
}
function light(rgb) {
    const [r, g, b] = rgb.map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function ratio(one, other) {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
}
const wrong = new Set(), seen = new Set();
for (const each of document.querySelectorAll("body *")) {
    const own = Array.from(each.childNodes).some((node) => node.nodeType === 3 && node.data.trim() !== "");
    if (!own || ["SCRIPT", "STYLE", "TITLE"].includes(each.tagName.toUpperCase()) || !each.checkVisibility()) continue;
    const style = getComputedStyle(each), svg = each.ownerSVGElement;
    const ink = colour(svg ? style.fill : style.color), paper = behind(svg ? svg.parentElement : each);
    seen.add(style.color);
    if (ratio(ink, paper) < 4.5) wrong.add(each.tagName + "." + each.getAttribute("class") + " " + ratio(ink, paper).toFixed(2));
}
if (seen.size < 3) wrong.add("nothing was measured");
return Array.from(wrong);
"""


@check("*")
def keeps_to_the_rules_of_a_page(browser):
    equal(browser.run(STRUCTURE), [], "structure")
    want(browser.run("return document.title.length > 5 && document.documentElement.lang === 'en'"), "title or language")
    want("default-src 'none'" in browser.run("return document.querySelector('meta[http-equiv]').content"), "policy")
    equal(browser.run("return Object.keys(window).filter((name) => /filter|theme|items|rows|texts/i.test(name))"), [], "globals")


@check("*")
def has_enough_contrast(browser):
    for scheme in ("light", "dark"):
        browser.colours(scheme)
        browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
        equal(browser.run(CONTRAST), [], f"{scheme}: less contrast than 4.5")


@check("*")
def fits_a_narrow_screen(browser):
    browser.size(380, 800)
    equal(browser.run("return document.documentElement.scrollWidth <= 380"), True, "the page is wider than the screen")


@check("*")
def policy_allows_no_other_script(browser):
    browser.run("const s = document.createElement('script'); s.textContent = 'window.owned = 1'; document.body.append(s);"
                "document.body.setAttribute('onclick', 'window.owned = 2'); document.body.click()")
    want(browser.run("return window.owned === undefined"), "a foreign script ran")
    browser.messages()  # the browser complains of these two


# --- a report ---

@check("faults")
def shows_each_failure(browser):
    total = count(browser, ".case")
    want(total >= 2, "cases")
    failures = count(browser, ".finding.fail")
    want(failures >= 2, "failures")
    equal(count(browser, ".case[data-result=fail]"), failures, "cases that failed")
    equal(browser.run("return Array.from(document.querySelectorAll('.finding.fail')).filter((each) =>"
                      "each.querySelectorAll('.words .side').length === 2 && each.querySelector('svg') &&"
                      "each.querySelector('.evidence details[open] .hex')).length"), failures, "failures with their messages")
    want(browser.run("return document.querySelector('.sides .side .differs') !== null"), "bytes that differ")
    want(browser.run("return document.querySelector('.hex .f-mac') !== null && document.querySelector('.hex .f-guid') !== null"),
         "fields in colours")
    equal(browser.run("return document.querySelector('.shown').value"), f"{total} of {total} cases", "how many are shown")


@check("faults")
def filters_by_result_family_and_text(browser):
    total, failures = count(browser, ".case"), count(browser, ".finding.fail")
    browser.click(".chip:has([value=fail])")
    equal(count(browser, ".case"), total - failures, "without those that failed")
    equal(count(browser, ".finding.fail"), 0, "findings are filtered, too")
    browser.click(".chip:has([value=fail])")
    equal(count(browser, ".case"), total, "with them again")
    family = browser.run("const s = document.querySelector('[name=family]'); s.value = s.options[1].value;"
                         "s.dispatchEvent(new Event('input', {bubbles: true})); return s.value")
    shown = browser.run(VISIBLE + "return visible('.case').map((each) => each.dataset.family)")
    want(0 < len(shown) < total and set(shown) == {family}, f"family {family}: {shown}")
    browser.run("const s = document.querySelector('[name=family]'); s.value = '';"
                "s.dispatchEvent(new Event('input', {bubbles: true}))")
    case = browser.run("return document.querySelector('.case .id').textContent")
    browser.press("/", *case.lower())
    equal(browser.run(VISIBLE + "return visible('.case .id').map((each) => each.textContent).includes(arguments[0])", case), True,
          "a case is found by its id")
    want(count(browser, ".case") < total, "a search leaves cases out")
    browser.press(*" nowhere at all")
    equal(count(browser, ".case"), 0, "no case has these words")
    equal(count(browser, ".none"), 1, "and the page says so")
    browser.press("Escape")
    equal(count(browser, ".case"), total, "Escape clears the search")


@check("faults")
def works_by_keyboard(browser):
    active = "return document.activeElement.matches(arguments[0])"
    browser.press("Tab")
    want(browser.run(active, ".skip"), "the first stop is the way past the beginning")
    want(browser.run("return document.activeElement.getBoundingClientRect().left >= 0"), "which can be seen")
    browser.press("Enter")
    browser.wait("return document.activeElement.id === 'main'")
    browser.press("/")
    want(browser.run(active, "[name=text]"), "/ leads to the search")
    equal(browser.run("return document.activeElement.value"), "", "/ is not typed")
    browser.run("document.querySelector('.case summary').focus()")
    open_now = "return document.activeElement.parentElement.open"
    browser.press("Enter")
    want(browser.run(open_now), "Enter opens a row")
    browser.press("Enter")
    want(not browser.run(open_now), "and closes it")
    first = browser.run("return document.activeElement.textContent")
    browser.press("Down")
    want(browser.run("return document.activeElement.matches('.case summary') && document.activeElement.textContent") != first,
         "Down leads to the next row")
    browser.press("Up")
    equal(browser.run("return document.activeElement.textContent"), first, "Up leads back")
    want(browser.run("return getComputedStyle(document.activeElement).outlineStyle") != "none", "focus can be seen")


@check("faults")
def has_a_dark_and_a_light_theme(browser):
    paper = "return getComputedStyle(document.body).backgroundColor"
    browser.colours("light")
    light = browser.run(paper)
    browser.colours("dark")
    dark = browser.run(paper)
    want(light != dark, "the system's choice counts")
    browser.colours("light")
    for right, name in ((dark, "dark"), (light, "light"), (light, "automatic")):
        browser.click("#theme")
        equal(browser.run(paper), right, f"theme {name}")
        want(name in browser.run("return document.getElementById('theme').textContent"), f"the button says {name}")
    browser.colours("dark")
    browser.click("#theme")
    browser.click("#theme")
    equal(browser.run(paper), light, "light although the system is dark")


@check("faults")
def links_lead_to_what_is_hidden(browser):
    browser.click(".chip:has([value=fail])")
    name = browser.run("return document.querySelector('.finding').id")
    browser.run("location.hash = '#' + arguments[0]", name)
    browser.wait("return document.getElementById(arguments[0]).checkVisibility()", name)
    browser.run("location.hash = '#case-' + arguments[0]", name)
    browser.wait("return document.getElementById('case-' + arguments[0]).querySelector('details').open", name)
    browser.run("document.querySelector('.timeline a').dispatchEvent(new MouseEvent('click', {bubbles: true}))")
    browser.wait("return location.hash.endsWith('-1')")


@check("faults")
def has_an_index_of_findings(browser):
    equal(browser.run("return Array.from(document.querySelectorAll('.index a'), (each) => each.textContent)"),
          browser.run("return Array.from(document.querySelectorAll('.finding'), (each) => each.id)"), "the index")


@check("faults")
def opens_and_closes_all(browser):
    closed = "return Array.from(document.querySelectorAll('.case details')).filter((each) => !each.open).length"
    browser.click("[name=open]")
    equal(browser.run(closed), 0, "closed after Open all")
    browser.click("[name=close]")
    equal(browser.run(closed), count(browser, ".case"), "closed after Close all")


@check("faults")
def prints_all_of_what_failed(browser):
    browser.run("for (const details of document.querySelectorAll('.evidence details')) details.open = false")
    browser.run("dispatchEvent(new Event('beforeprint'))")
    browser.colours("dark", media="print")
    equal(browser.run("return document.querySelectorAll('.evidence details:not([open])').length"), 0, "closed on paper")
    want(browser.run("return document.querySelectorAll('.evidence details[open]').length > 0"), "evidence on paper")
    want(browser.run("return document.querySelectorAll('.finding .exchange:not(.evidence) details:not([open])').length > 0"),
         "what is not evidence is a line on paper")
    equal(count(browser, ".filters, #theme"), 0, "controls on paper")
    equal(browser.run("return getComputedStyle(document.body).backgroundColor"), "rgb(255, 255, 255)", "paper")
    browser.run("dispatchEvent(new Event('afterprint'))")
    want(browser.run("return document.querySelectorAll('.evidence details:not([open])').length > 0"), "closed again after it")


# --- a recording ---

@check("recording")
def shows_sessions_and_what_went_wrong(browser):
    want(count(browser, ".session svg") >= 2, "a timeline for each session")
    want(count(browser, ".wrongs li") >= 1, "what went wrong")
    want(browser.run("return document.querySelector('.level.up') !== null && document.querySelector('.global.up') !== null"),
         "levels in the timeline")
    want(browser.run("return document.querySelector('.timeline .event') !== null"), "events in the timeline")
    want(browser.run("return document.querySelector('.fields .good') !== null"), "MACs that are right")
    total = count(browser, ".exchange")
    browser.click(".chip:has([value=fine])")
    rest = count(browser, ".exchange")
    want(0 < rest < total, "what is fine can be left out")
    browser.click(".wrongs a")
    browser.wait("return document.activeElement.closest('.exchange') !== null")


# --- hostile texts ---

@check("hostile")
def texts_stay_texts(browser):
    want("owned" not in browser.run("return document.title.slice(0, 5)"), "a script ran")
    equal(browser.run("return window.owned"), None, "a script ran")
    equal(count(browser, "img"), 0, "an element was made")
    want("</script>" in browser.run("return document.querySelector('h1').textContent"), "markup is shown as it is")
    text = browser.run("return document.body.innerText + document.title")
    for hidden in "\u202e\u2066\u200b\u0300\u0301\x1b\ufffd":
        want(hidden not in text, f"U+{ord(hidden):04X} is in the page")
    for shown in ("[U+202E]", "[U+2066]", "[U+200B]", "[U+001B]", "[U+0300]", "[0xFF]", "[0xC0]"):
        want(shown in text, f"{shown} is not in the page")


# --- the file itself ---

def without_a_script(browser, page):
    """Everything that failed can be read without JavaScript."""
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.open(page)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
    want(count(browser, ".finding .hex") > 0, "bytes are shown")
    equal(count(browser, ".filters, #theme, .keys"), 0, "controls that do nothing are shown")
    want(count(browser, ".case") > 0, "cases are listed")


def make_pages(copp, pages, directory):
    names = {name: os.path.join(directory, name + ".html") for name in ("faults", "hostile", "recording", "passed")}
    recording, keys = os.path.join(directory, "demo.pcapng"), os.path.join(directory, "demo.keys")
    for old in (recording, keys):
        if os.path.exists(old):
            os.remove(old)  # neither is overwritten
    for arguments, right in (
            ([pages, "faults", names["faults"]], 0),
            ([pages, "hostile", names["hostile"]], 0),
            ([copp, "test", "driver", "--device", "embedded", "--seed", "7", "--html", names["passed"]], 0),
            ([copp, "demo", "--record", recording, "--record-secrets", keys], 0),
            ([copp, "decode", recording, "--keys", keys, "--html", names["recording"]], 1)):
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        equal(done.returncode, right, f"{' '.join(arguments)}: {done.stderr}")
    return names


def take_pictures(browser, names, directory):
    for name, page in names.items():
        for scheme in ("light", "dark"):
            browser.colours(scheme)
            browser.open(page)
            browser.size(1280, 2400)
            browser.screenshot(os.path.join(directory, f"{name}-{scheme}.png"))
        browser.size(1280, 900)
        browser.colours("light")
    print_page(names["faults"], os.path.join(directory, "faults.pdf"))
    for name in os.listdir(directory):
        if name.endswith((".png", ".pdf")):
            want(os.path.getsize(os.path.join(directory, name)) > 5000, f"{name} is empty")


def run_all(copp, pages, directory):
    names = make_pages(copp, pages, directory)
    failed = 0
    with Browser() as browser:
        for page, function in CHECKS:
            for name in names if page == "*" else [page]:
                what = f"{name}: {function.__name__.replace('_', ' ')}"
                try:
                    browser.colours("light")
                    browser.size(1280, 900)
                    browser.open(names[name])
                    function(browser)
                    equal(browser.messages(), [], "the console has been told")
                    print("ok  ", what)
                except Failure as failure:
                    print("FAIL", what, "\n    ", failure)
                    browser.messages()
                    failed += 1
        without_a_script(browser, names["faults"])
        take_pictures(browser, names, directory)
    return 1 if failed else 0


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    if len(sys.argv) == 4:
        os.makedirs(sys.argv[3], exist_ok=True)
        return run_all(*sys.argv[1:])
    with tempfile.TemporaryDirectory() as directory:
        return run_all(sys.argv[1], sys.argv[2], directory)


sys.exit(main())
