"use strict";
// Filters, searches and sorts the cases. Without it all of them are below each other in the page; with it
// those beyond the first hundreds stay text until they are looked at, since thousands of elements take seconds.
(function () {
    const BATCH = 200;
    const form = document.querySelector(".filters");
    const list = document.querySelector(".rows");
    if (form === null || list === null) {
        return;
    }
    const more = document.querySelector(".more");
    const rest = document.querySelector(".rest");
    const filters = Array.from(form.querySelectorAll("select[data-filter]"));
    const { search, sort } = form.elements;
    const count = form.querySelector("output");
    const everything = count.textContent;
    const collator = new Intl.Collator();
    const orders = {
        seconds: (a, b) => b.data.seconds - a.data.seconds,
        title: (a, b) => collator.compare(a.data.title, b.data.title),
    };

    const there = Array.from(list.children);
    const rows = [...there.map((element) => element.outerHTML), ...cut(rest)].map(
        (html, index) => ({ html, data: dataOf(html), element: there[index], text: undefined }),
    );
    let wanted = rows;
    let shown = there.length;

    // The inside of <noscript> is text, as long as scripts run.
    function cut(noscript) {
        const [, ...items] = (noscript ? noscript.textContent : "").split(/(?=<li id="case-)/);
        return items.map((item) => item.slice(0, item.lastIndexOf("</li>") + 5));
    }

    function plain(html) {
        const names = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
        return html
            .replace(/<[^>]*>/g, " ")
            .replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => names[name]);
    }

    function dataOf(html) {
        const attributes = html.slice(0, html.indexOf(">")).matchAll(/data-(\w+)="([^"]*)"/g);
        return Object.fromEntries(
            Array.from(attributes, ([, name, value]) => [name, plain(value)]),
        );
    }

    function textOf(row) {
        row.text ??= plain(row.html).toLowerCase();
        return row.text;
    }

    function elementOf(row) {
        if (row.element === undefined) {
            const template = document.createElement("template");
            template.innerHTML = row.html;
            row.element = template.content.firstElementChild;
        }
        return row.element;
    }

    function isWanted(row, chosen, words) {
        return (
            chosen.every(({ name, value }) =>
                name === "tags"
                    ? row.data.tags.split(" ").includes(value)
                    : row.data[name] === value,
            ) && words.every((word) => textOf(row).includes(word))
        );
    }

    function showMore(size) {
        list.append(...wanted.slice(shown, shown + size).map(elementOf));
        shown = Math.min(wanted.length, shown + size);
        more.hidden = shown >= wanted.length;
        more.textContent = `Show more (${wanted.length - shown} left)`;
    }

    function apply() {
        const chosen = filters.filter(({ value }) => value !== "");
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        wanted = rows.filter((row) => isWanted(row, chosen, words));
        const order = orders[sort.value];
        if (order !== undefined) {
            wanted.sort(order);
        }
        count.value =
            wanted.length === rows.length ? everything : `${wanted.length} of ${everything}`;
        list.replaceChildren();
        shown = 0;
        showMore(BATCH);
    }

    // A link to a case shows it, whatever is filtered.
    function openTarget() {
        const id = decodeURIComponent(location.hash.slice(1));
        const row = rows.find(({ html }) => html.startsWith(`<li id="${id}"`));
        if (id === "" || row === undefined) {
            return;
        }
        const element = elementOf(row);
        if (!element.isConnected) {
            list.prepend(element);
        }
        element.querySelector("details").open = true;
        element.scrollIntoView();
    }

    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", apply);
    // The fields are cleared after this event.
    form.addEventListener("reset", () => setTimeout(apply));
    more.addEventListener("click", () => showMore(BATCH));
    addEventListener("hashchange", openTarget);
    addEventListener("beforeprint", () => showMore(wanted.length));
    if ([search, sort, ...filters].some(({ value }) => value !== "")) {
        // The browser has kept them from before the page was loaded again.
        apply();
    } else {
        showMore(0);
    }
    openTarget();
})();
