(function () {
    "use strict";

    const filters = document.querySelector(".filters");
    const shown = filters.querySelector(".shown");
    const search = filters.elements.text;
    const items = Array.from(document.querySelectorAll(".item"));
    const rows = items.filter((item) => item.matches(".case, .exchange"));
    const texts = new Map();

    /* What a search looks at: what is said of an item, not its bytes. */
    function textOf(item) {
        if (!texts.has(item)) {
            const parts = item.querySelectorAll("summary, h3, .line, .index-line, .facts, .sides.words, .badge, .fields .value");
            texts.set(item, Array.from(parts, (part) => part.textContent).join(" ").toLowerCase());
        }
        return texts.get(item);
    }

    function filter() {
        const results = new Set(Array.from(filters.querySelectorAll("[name=result]:checked"), (box) => box.value));
        const family = filters.elements.family.value;
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        for (const item of items) {
            item.hidden = !results.has(item.dataset.result) || (family !== "" && item.dataset.family !== family) ||
                !words.every((word) => textOf(item).includes(word));
        }
        const count = rows.filter((row) => !row.hidden).length;
        shown.value = count + " of " + rows.length + " " + shown.dataset.what;
        for (const none of document.querySelectorAll(".none"))
            none.hidden = count > 0;
        for (const section of document.querySelectorAll(".findings, .session")) {
            const all = section.querySelectorAll(".item");
            section.hidden = all.length > 0 && Array.from(all).every((item) => item.hidden);
        }
    }

    function openAll(open) {
        for (const item of rows.filter((each) => !each.hidden)) {
            const details = item.querySelector("details");
            if (details !== null)
                details.open = open;
        }
    }

    /* The row of the list that an element stands in, or beside. */
    function neighbour(summary, step) {
        const list = Array.from(document.querySelectorAll("summary")).filter((each) => each.checkVisibility());
        return list[list.indexOf(summary) + step];
    }

    function onKey(event) {
        const typing = event.target.matches("input[type=search], select");
        if (event.ctrlKey || event.altKey || event.metaKey)
            return;
        if (event.key === "/" && !typing) {
            search.focus();
            search.select();
        } else if (event.key === "Escape" && event.target === search) {
            search.value = "";
            filter();
        } else if (event.target.matches("summary") && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
            const next = neighbour(event.target, event.key === "ArrowDown" ? 1 : -1);
            if (next !== undefined)
                next.focus();
        } else {
            return;
        }
        event.preventDefault();
    }

    /* What a link leads to is shown, whatever the filters hide. */
    function follow() {
        const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
        if (target === null || location.hash.length < 2)
            return;
        if (target.closest("[hidden]") !== null) {
            filters.reset();
            filter();
        }
        const details = target.matches(".case, .exchange") ? target.querySelector("details") : null;
        for (let at = target.closest("details"); at !== null; at = at.parentElement.closest("details"))
            at.open = true;
        if (details !== null) {
            details.open = true;
            details.querySelector("summary").focus({preventScroll: true});
        }
        target.scrollIntoView();
    }

    const themes = ["automatic", "dark", "light"];
    const theme = document.getElementById("theme");
    let chosen = 0;
    function nextTheme() {
        chosen = (chosen + 1) % themes.length;
        if (chosen === 0)
            delete document.documentElement.dataset.theme;
        else
            document.documentElement.dataset.theme = themes[chosen];
        theme.textContent = "Theme: " + themes[chosen];
    }

    /* On paper nothing can be opened any more: what shows the findings is, and closes again. Of all other messages a line is enough. */
    let opened = [];
    function beforePrint() {
        opened = Array.from(document.querySelectorAll(".finding details:not([open]):not(.exchange details), .evidence details:not([open])"));
        for (const details of opened)
            details.open = true;
    }
    function afterPrint() {
        for (const details of opened)
            details.open = false;
        opened = [];
    }

    for (const part of document.querySelectorAll(".filters, .tools, .keys"))
        part.hidden = false;
    filters.addEventListener("input", filter);
    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.elements.open.addEventListener("click", () => openAll(true));
    filters.elements.close.addEventListener("click", () => openAll(false));
    theme.addEventListener("click", nextTheme);
    document.addEventListener("keydown", onKey);
    window.addEventListener("hashchange", follow);
    window.addEventListener("beforeprint", beforePrint);
    window.addEventListener("afterprint", afterPrint);
    filters.reset(); /* a browser may remember what was chosen before */
    filter();
    follow();
})();
