/* SPDX-License-Identifier: Apache-2.0 */
/* The page is complete without this: it adds sorting, a filter, opening all, and copying. */
(function () {
	"use strict";
	var doc = document;

	function make(tag, text, cls) {
		var e = doc.createElement(tag);
		if (text)
			e.textContent = text;
		if (cls)
			e.className = cls;
		return e;
	}

	function button(text, run) {
		var b = make("button", text);
		b.type = "button";
		b.addEventListener("click", run);
		return b;
	}

	function each(root, selector, fn) {
		Array.prototype.forEach.call(root.querySelectorAll(selector), fn);
	}

	/* A link into something folded opens it. */
	function reveal() {
		var id = location.hash.slice(1), e = id && doc.getElementById(id), p;
		if (!e)
			return;
		for (p = e; p; p = p.parentElement)
			if (p.tagName === "DETAILS")
				p.open = true;
		e.scrollIntoView();
	}

	/* The exact value of a rounded one stands in the title; counts have blanks between their groups. */
	function key(row, column) {
		var cell = row.cells[column], text, exact;
		if (!cell)
			return "";
		exact = parseInt(cell.title, 10);
		if (!isNaN(exact))
			return exact;
		text = cell.textContent.replace(/[\s\u00a0%<]/g, "");
		return /^(0x[0-9a-f]+|-?[0-9]+)$/.test(text) ? Number(text) : cell.textContent;
	}

	function compare(a, b) {
		var x = typeof a === "number", y = typeof b === "number";
		if (x && y)
			return a - b;
		if (x !== y)
			return x ? 1 : -1;
		return a.localeCompare(b, "en", { numeric: true });
	}

	function sortable(table) {
		var body = table.tBodies[0], heads = table.tHead ? table.tHead.rows[0].cells : [];
		if (!body || body.rows.length < 3)
			return;
		Array.prototype.forEach.call(heads, function (th, column) {
			if (th.tagName !== "TH")
				return;
			var b = button(th.textContent, function () {
				var down = th.getAttribute("aria-sort") === "ascending" ||
					(!th.hasAttribute("aria-sort") && th.className === "num");
				var rows = Array.prototype.map.call(body.rows, function (r, i) {
					return { r: r, i: i, k: key(r, column) };
				});
				rows.sort(function (p, q) {
					return (down ? compare(q.k, p.k) : compare(p.k, q.k)) || p.i - q.i;
				});
				rows.forEach(function (e) { body.appendChild(e.r); });
				Array.prototype.forEach.call(heads, function (h) { h.removeAttribute("aria-sort"); });
				th.setAttribute("aria-sort", down ? "descending" : "ascending");
			});
			th.textContent = "";
			th.appendChild(b);
		});
	}

	function filter(list, items, what) {
		var bar = make("div", "", "tools"), input = make("input"), said = make("span");
		input.type = "search";
		input.placeholder = "Filter " + what;
		input.setAttribute("aria-label", "Filter " + what);
		said.setAttribute("role", "status");
		input.addEventListener("input", function () {
			var want = input.value.toLowerCase(), n = 0;
			items.forEach(function (e) {
				var hit = e.textContent.toLowerCase().indexOf(want) >= 0;
				e.hidden = !hit;
				n += hit ? 1 : 0;
			});
			said.textContent = want ? n + " of " + items.length : "";
		});
		bar.appendChild(input);
		bar.appendChild(said);
		list.parentNode.insertBefore(bar, list);
		return bar;
	}

	function folds(section) {
		var all = section.querySelectorAll("details"), bar;
		if (all.length < 4)
			return;
		function set(open) {
			return function () {
				Array.prototype.forEach.call(all, function (d) { d.open = open; });
			};
		}
		bar = section.querySelector(".tools");
		if (!bar) {
			bar = make("div", "", "tools");
			section.insertBefore(bar, section.querySelector("h2").nextSibling);
		}
		bar.appendChild(button("Open all", set(true)));
		bar.appendChild(button("Close all", set(false)));
	}

	function copy(box) {
		var text = box.textContent, bar = make("div", "", "tools"), said = make("span");
		said.setAttribute("role", "status");
		function select() {
			var range = doc.createRange(), selection = getSelection();
			range.selectNodeContents(box);
			selection.removeAllRanges();
			selection.addRange(range);
			said.textContent = doc.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C";
		}
		bar.appendChild(button("Copy", function () {
			if (navigator.clipboard)
				navigator.clipboard.writeText(text).then(function () {
					said.textContent = "Copied";
				}, select);
			else
				select();
		}));
		bar.appendChild(said);
		box.parentNode.parentNode.insertBefore(bar, box.parentNode);
	}

	doc.documentElement.classList.add("js");
	each(doc, "table.data", function (t) {
		var rows = t.tBodies[0] ? Array.prototype.slice.call(t.tBodies[0].rows) : [];
		sortable(t);
		if (rows.length > 12)
			filter(t.parentNode, rows, "these " + rows.length + " rows");
	});
	each(doc, ".stacks", function (s) {
		var items = Array.prototype.slice.call(s.querySelectorAll("details.stack"));
		if (items.length > 3)
			filter(s, items, "stacks by function, module or thread");
	});
	each(doc, "section", folds);
	each(doc, ".copy", copy);
	addEventListener("hashchange", reveal);
	reveal();
}());
