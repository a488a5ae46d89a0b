// The pages of ingot: theme, menu, search, filters, tabs, the graph, and (in one file) which page is shown.
// No library, no network: the index and the graph are scripts beside this one, so that they load from a folder.
(() => {
  "use strict";
  const doc = document, html = doc.documentElement;
  const root = html.dataset.root, isSingle = "single" in html.dataset;
  const find = (selector, from = doc) => from.querySelector(selector);
  const all = (selector, from = doc) => [...from.querySelectorAll(selector)];
  const make = (name, attributes = {}, ...children) => {
    const element = doc.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  // Colours, before anything is drawn. A browser may keep pages of a folder from remembering things.
  const remembered = { get: () => { try { return localStorage.getItem("ingot-theme"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("ingot-theme", value); } catch { /* it is forgotten */ } } };
  if (remembered.get()) html.dataset.theme = remembered.get();
  html.classList.add("js");

  // A script of data, once.
  const loading = {};
  const load = (file, name) => loading[name] ??= new Promise((done, failed) => {
    if (window[name]) return done(window[name]);
    const script = make("script", { src: root + "assets/" + file });
    script.onload = () => done(window[name]);
    script.onerror = failed;
    doc.head.append(script);
  });

  function frame() {
    find("#theme").onclick = () => {
      const isDark = (html.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
      html.dataset.theme = isDark ? "light" : "dark";
      remembered.set(html.dataset.theme);
    };
    find("#menu").onclick = (event) => {
      const isOpen = find("#side").classList.toggle("open");
      event.currentTarget.setAttribute("aria-expanded", isOpen);
    };
  }

  // Search: every word must occur; what begins with the text comes first.
  function search() {
    const input = find("#search"), list = find("#found");
    let entries = null, chosen = -1, shown = [];
    const prepare = () => load("search.js", "INGOT_SEARCH").then((index) => {
      if (entries) return;
      entries = [];
      index.t.forEach(([label, kind, page, about, columns]) => {
        entries.push({ label, kind: index.k[kind], page, about, low: label.toLowerCase(), more: about.toLowerCase(), weight: 0 });
        columns.forEach(([name, told]) => entries.push({ label: name, kind: "column", page: page + "#c-" + slug(name), about: label + (told ? ": " + told : ""), low: name.toLowerCase(), more: (label + " " + told).toLowerCase(), weight: 3 }));
      });
      index.o.forEach(([label, kind, page, about]) => entries.push({ label, kind: index.k[kind], page, about, low: label.toLowerCase(), more: about.toLowerCase(), weight: 5 }));
    });
    const rank = (entry, words, text) => {
      let worst = entry.low === text ? 0 : entry.low.startsWith(text) ? 10 : 20;
      for (const word of words) {
        const at = entry.low.indexOf(word);
        if (at < 0) { if (!entry.more.includes(word)) return -1; worst += 30; }
        else if (at > 0 && /[a-z0-9]/.test(entry.low[at - 1])) worst += 8;
      }
      return worst + entry.weight + entry.low.length / 100;
    };
    const mark = (label, words) => {
      const part = doc.createElement("b"), low = label.toLowerCase();
      const at = words.map((word) => [low.indexOf(word), word.length]).filter(([at]) => at >= 0)[0];
      if (at) part.append(label.slice(0, at[0]), make("mark", {}, label.slice(at[0], at[0] + at[1])), label.slice(at[0] + at[1]));
      else part.append(label);
      return part;
    };
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); };
    const choose = (at) => {
      chosen = shown.length ? (at + shown.length) % shown.length : -1;
      shown.forEach((link, index) => link.setAttribute("aria-selected", index === chosen));
      if (chosen >= 0) { input.setAttribute("aria-activedescendant", shown[chosen].id); shown[chosen].scrollIntoView({ block: "nearest" }); }
    };
    const show = () => {
      const text = input.value.trim().toLowerCase();
      if (!text || !entries) return close();
      const words = text.split(/\s+/), best = [];
      for (const entry of entries) {
        const at = rank(entry, words, text);
        if (at >= 0) best.push([at, entry]);
      }
      const count = best.length;
      best.sort((a, b) => a[0] - b[0]);
      list.replaceChildren(...best.slice(0, 30).map(([, entry], index) => make("a", { role: "option", id: "found-" + index, tabindex: "-1", "aria-selected": "false", href: root + entry.page }, mark(entry.label, words), make("em", {}, entry.kind), ...(entry.about ? [make("small", {}, entry.about)] : []))));
      shown = all("a", list);
      if (!count) list.append(make("p", { role: "option", "aria-disabled": "true" }, "Nothing has “" + input.value.trim() + "”."));
      if (count > 30) list.append(make("p", { role: "option", "aria-disabled": "true" }, "and " + (count - 30) + " more"));
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      choose(0);
    };
    input.onfocus = () => prepare().then(show);
    input.oninput = () => entries ? show() : prepare().then(show);
    input.onkeydown = (event) => {
      if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
      else if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen - 1); }
      else if (event.key === "Enter" && chosen >= 0) { shown[chosen].click(); close(); input.blur(); }
      else if (event.key === "Escape") { close(); input.blur(); }
    };
    doc.addEventListener("click", (event) => { if (!event.target.closest(".search") || event.target.closest("#found a")) close(); });
    doc.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(doc.activeElement.tagName)) { event.preventDefault(); input.focus(); }
    });
  }
  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9_]/g, "-");

  // What belongs to the page that is shown.
  function page(main) {
    for (const input of all("[data-filter]", main)) {
      const box = find("#" + input.dataset.filter, main);
      if (!box) continue;
      input.oninput = () => {
        const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
        const rows = all("tbody tr, [data-row]", box).filter((row) => !row.parentElement.closest("[data-row]"));
        for (const row of rows) {
          row.low ??= row.textContent.toLowerCase();
          row.hidden = !words.every((word) => row.low.includes(word));
        }
        for (const section of all("section", box)) section.hidden = !rows.some((row) => !row.hidden && section.contains(row));
      };
    }
    for (const table of all("table.sortable", main)) sortable(table);
    for (const tabs of all("[data-tabs]", main)) tabbed(tabs);
    for (const box of all("[data-graph]", main)) whenSeen(box, () => load("graph.js", "INGOT_GRAPH").then((graph) => graphIn(box, graph)));
    if (window.ingotLive) window.ingotLive(main);
  }

  function whenSeen(element, work) {
    if (!("IntersectionObserver" in window)) return work();
    const watch = new IntersectionObserver((found) => { if (found.some((one) => one.isIntersecting)) { watch.disconnect(); work(); } }, { rootMargin: "200px" });
    watch.observe(element);
  }

  function sortable(table) {
    all("thead th", table).forEach((head, at) => {
      if (find(".hide", head)) return;
      const button = make("button", { type: "button" }, head.textContent);
      head.replaceChildren(button);
      button.onclick = () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        all("thead th", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const body = find("tbody", table);
        const value = (row) => { const text = row.children[at].textContent.trim(), number = parseFloat(text.replace(/,/g, "")); return head.classList.contains("num") ? (isNaN(number) ? -1 : number) : text.toLowerCase(); };
        const rows = [...body.children].map((row) => [value(row), row]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (up ? 1 : -1));
        body.append(...rows.map(([, row]) => row));
      };
    });
  }

  function tabbed(tabs) {
    const heads = all("[data-tab]", tabs), bar = make("div", { class: "tablist", role: "tablist" });
    const buttons = heads.map((head, at) => {
      const panel = head.nextElementSibling;
      panel.id ||= "tab-" + at; panel.setAttribute("role", "tabpanel");
      const button = make("button", { type: "button", role: "tab", id: panel.id + "-tab", "aria-controls": panel.id }, head.textContent);
      panel.setAttribute("aria-labelledby", button.id);
      head.hidden = true;
      button.onclick = () => open(at);
      button.onkeydown = (event) => { const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]; if (step) { open((at + step + heads.length) % heads.length); buttons[(at + step + heads.length) % heads.length].focus(); } };
      bar.append(button);
      return button;
    });
    const open = (chosen) => heads.forEach((head, at) => {
      head.nextElementSibling.hidden = at !== chosen;
      buttons[at].setAttribute("aria-selected", at === chosen);
      buttons[at].tabIndex = at === chosen ? 0 : -1;
    });
    tabs.prepend(bar);
    open(0);
  }

  // The graph. Nodes stand in columns by how far they are from where data begins; in a column they are ordered by where
  // their neighbours stand, so that few lines cross.
  const WIDTH = 200, GAP = 70, HEAD = 30, LINE = 17, SPACE = 14, MOST = 400;

  function layout(graph, nodes, edges, columns) {
    const inside = new Set(nodes), next = new Map(nodes.map((node) => [node, []])), before = new Map(nodes.map((node) => [node, []]));
    for (const [from, to] of edges) if (inside.has(from) && inside.has(to)) { next.get(from).push(to); before.get(to).push(from); }
    const rank = new Map(), waits = new Map(nodes.map((node) => [node, before.get(node).length]));
    const open = nodes.filter((node) => !waits.get(node));
    open.forEach((node) => rank.set(node, 0));
    for (let at = 0; at < open.length; at++) for (const to of next.get(open[at])) {
      rank.set(to, Math.max(rank.get(to) ?? 0, rank.get(open[at]) + 1));
      waits.set(to, waits.get(to) - 1);
      if (!waits.get(to)) open.push(to);
    }
    for (const node of nodes) if (!rank.has(node)) rank.set(node, 0);
    // What begins late stands beside what reads it.
    for (const node of nodes) if (!before.get(node).length && next.get(node).length) rank.set(node, Math.min(...next.get(node).map((to) => rank.get(to))) - 1);
    const least = Math.min(0, ...rank.values());
    const ranks = [];
    for (const node of nodes) (ranks[rank.get(node) - least] ??= []).push(node);
    const layers = ranks.filter(Boolean);
    const place = new Map();
    const number = () => layers.forEach((layer) => layer.forEach((node, at) => place.set(node, at / layer.length)));
    layers.forEach((layer) => layer.sort((a, b) => graph.n[a][2] < graph.n[b][2] ? -1 : graph.n[a][2] > graph.n[b][2] ? 1 : a - b));
    number();
    const mean = (list, own) => list.length ? list.reduce((sum, node) => sum + place.get(node), 0) / list.length : own;
    for (let sweep = 0; sweep < 6; sweep++) {
      const order = sweep % 2 ? [...layers].reverse() : layers, side = sweep % 2 ? next : before;
      for (const layer of order) {
        const wanted = new Map(layer.map((node) => [node, mean(side.get(node), place.get(node))]));
        layer.sort((a, b) => wanted.get(a) - wanted.get(b));
        layer.forEach((node, at) => place.set(node, at / layer.length));
      }
    }
    const height = (node) => HEAD + (columns.get(node)?.length ?? 0) * LINE + (columns.get(node)?.length ? 6 : 0);
    const tall = layers.map((layer) => layer.reduce((sum, node) => sum + height(node) + SPACE, -SPACE)), highest = Math.max(...tall, HEAD);
    const box = new Map();
    layers.forEach((layer, at) => {
      let y = (highest - tall[at]) / 2;
      for (const node of layer) { box.set(node, { x: at * (WIDTH + GAP), y, h: height(node) }); y += height(node) + SPACE; }
    });
    return { box, width: layers.length * (WIDTH + GAP) - GAP, height: highest };
  }

  function reach(graph, focus, depth, up, down) {
    const found = new Set([focus]);
    const walk = (from, to) => {
      let edge = [focus];
      for (let step = 0; step < depth && edge.length; step++) {
        const near = new Set(edge);
        edge = [];
        for (const pair of graph.e) if (near.has(pair[from]) && !found.has(pair[to])) { found.add(pair[to]); edge.push(pair[to]); }
      }
    };
    const before = new Set(found);
    if (up) walk(1, 0);
    const ups = new Set(found);
    if (down) { found.clear(); before.forEach((node) => found.add(node)); walk(0, 1); }
    ups.forEach((node) => found.add(node));
    return [...found].sort((a, b) => a - b);
  }

  function graphIn(box, graph) {
    const form = find("[data-graph-controls]", box.parentElement);
    const state = { focus: box.dataset.focus ? Number(box.dataset.focus) : null, depth: Number(box.dataset.depth ?? 3), up: true, down: true, columns: false, everything: false };
    if (box.dataset.page === "lineage") {
      const asked = new URLSearchParams((isSingle ? location.hash.split("?")[1] : location.search) ?? "").get("focus");
      if (asked !== null && graph.n[asked]) state.focus = Number(asked);
    }
    if (form) {
      find("datalist", form).replaceChildren(...graph.n.map(([label]) => make("option", { value: label })));
      if (state.focus !== null) form.elements.focus.value = graph.n[state.focus][0];
      form.onsubmit = (event) => event.preventDefault();
      form.onchange = () => {
        const at = graph.n.findIndex(([label]) => label === form.elements.focus.value.trim());
        state.focus = at < 0 ? null : at;
        state.depth = Number(form.elements.depth.value);
        for (const name of ["up", "down", "columns"]) state[name] = form.elements[name].checked;
        draw(box, graph, state, form);
      };
    }
    draw(box, graph, state, form);
  }

  function draw(box, graph, state, form) {
    const nodes = state.focus === null ? graph.n.map((_, at) => at) : reach(graph, state.focus, state.depth, state.up, state.down);
    if (nodes.length > MOST && !state.everything) {
      const button = make("button", { type: "button" }, "Draw all " + nodes.length);
      button.onclick = () => { state.everything = true; draw(box, graph, state, form); };
      box.replaceChildren(make("p", {}, state.focus === null ? "Choose a table above, or search for one." : "Fewer steps show less.", button));
      return;
    }
    if (!nodes.length) return box.replaceChildren(make("p", {}, "There is nothing to draw."));
    const inside = new Set(nodes), columns = new Map(), lines = [];
    if (state.columns) {
      const used = new Map(nodes.map((node) => [node, new Set()]));
      let trail = graph.c.filter(([from, , to]) => inside.has(from) && inside.has(to));
      if (state.focus !== null) trail = trailOf(trail, trail.flatMap(([a, b, c, d]) => a === state.focus ? [[a, b]] : c === state.focus ? [[c, d]] : []));
      for (const [from, a, to, b] of trail) { used.get(from).add(a); used.get(to).add(b); }
      for (const [node, set] of used) columns.set(node, graph.n[node][4].length ? [...set].sort((a, b) => a - b) : []);
      lines.push(...trail);
    }
    const edges = graph.e.filter(([from, to]) => inside.has(from) && inside.has(to));
    const { box: places, width, height } = layout(graph, nodes, edges, columns);
    const ns = "http://www.w3.org/2000/svg";
    const shape = (name, attributes, ...children) => { const element = doc.createElementNS(ns, name); for (const key in attributes) element.setAttribute(key, attributes[key]); element.append(...children); return element; };
    const y = (node, column) => { const at = places.get(node), index = column === undefined ? -1 : (columns.get(node) ?? []).indexOf(column); return at.y + (index < 0 ? HEAD / 2 : HEAD + LINE * index + LINE / 2); };
    const curve = (from, to, a, b) => { const x1 = places.get(from).x + WIDTH, x2 = places.get(to).x, y1 = y(from, a), y2 = y(to, b), bend = Math.max(30, Math.abs(x2 - x1) / 2); return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`; };
    const drawn = [], svg = shape("svg", { role: "group", "aria-label": "Lineage of " + (state.focus === null ? "all tables" : graph.n[state.focus][0]) });
    for (const [from, to] of edges) { const path = shape("path", { class: "edge", d: curve(from, to) }); drawn.push({ path, from, to }); if (!state.columns) svg.append(path); }
    const colEdges = lines.map(([from, a, to, b, how]) => { const path = shape("path", { class: "edge col " + how, d: curve(from, to, a, b) }); svg.append(path); return { path, from, a, to, b }; });
    const groups = new Map(), texts = new Map();
    const cut = (text, most) => text.length > most ? text.slice(0, most - 1) + "…" : text;
    for (const node of nodes) {
      const [label, kind, , href] = graph.n[node], at = places.get(node), shown = cut(label, 27);
      // The accessible name begins with what is seen, so that who speaks to the machine can say it (WCAG 2.5.3).
      const name = [...new Set([shown, label, graph.k[kind]])].join(", ");
      const link = shape("a", { href: root + href, "aria-label": name }, shape("rect", { x: at.x, y: at.y, width: WIDTH, height: at.h, rx: 6 }), shape("rect", { class: "stripe", x: at.x, y: at.y + 5, width: 4, height: HEAD - 10, rx: 2 }), shape("text", { x: at.x + 13, y: at.y + 19 }, shown), shape("title", {}, label));
      const group = shape("g", { class: "node k-" + slug(graph.k[kind]) + (node === state.focus ? " focus" : "") }, link);
      (columns.get(node) ?? []).forEach((column) => {
        const text = shape("text", { class: "col", x: at.x + 13, y: y(node, column) + 4 }, cut(graph.n[node][4][column], 26));
        text.onclick = () => lightColumn(node, column);
        texts.set(node + " " + column, text);
        group.append(text);
      });
      const on = () => lightNode(node), off = () => { if (!picked) dark(); };
      link.addEventListener("mouseenter", on); link.addEventListener("focus", on); link.addEventListener("mouseleave", off); link.addEventListener("blur", off);
      groups.set(node, group);
      svg.append(group);
    }
    let picked = null;
    const dark = () => { box.classList.remove("lit"); for (const element of all(".on", svg)) element.classList.remove("on"); };
    const lightNode = (node) => {
      if (picked) return;
      dark();
      const found = new Set([...reach({ e: edges }, node, 99, true, false), ...reach({ e: edges }, node, 99, false, true)]);
      box.classList.add("lit");
      for (const one of found) groups.get(one).classList.add("on");
      for (const { path, from, to } of drawn) if (found.has(from) && found.has(to)) path.classList.add("on");
    };
    const lightColumn = (node, column) => {
      dark();
      if (picked === node + " " + column) { picked = null; return; }
      picked = node + " " + column;
      box.classList.add("lit");
      for (const [from, a, to, b] of [[node, column, node, column], ...trailOf(lines, [[node, column]])]) {
        texts.get(from + " " + a)?.classList.add("on"); texts.get(to + " " + b)?.classList.add("on");
        groups.get(from).classList.add("on"); groups.get(to).classList.add("on");
        colEdges.find((edge) => edge.from === from && edge.a === a && edge.to === to && edge.b === b)?.path.classList.add("on");
      }
    };
    const zoom = make("div", { class: "zoom" }, ...[["+", "Larger", 0.8], ["−", "Smaller", 1.25], ["⤢", "All of it", 0]].map(([text, label, by]) => { const button = make("button", { type: "button", "aria-label": label }, text); button.onclick = () => by ? scale(by) : fit(); return button; }));
    box.replaceChildren(svg, zoom);
    let view;
    const set = () => svg.setAttribute("viewBox", view.join(" "));
    const size = () => [box.clientWidth || 800, box.clientHeight || 400];
    const fit = () => { const [w, h] = size(), by = Math.max((width + 40) / w, (height + 40) / h, 0.8); view = [width / 2 - w * by / 2, height / 2 - h * by / 2, w * by, h * by]; set(); };
    const scale = (by, x = view[0] + view[2] / 2, y = view[1] + view[3] / 2) => { view = [x - (x - view[0]) * by, y - (y - view[1]) * by, view[2] * by, view[3] * by]; set(); };
    fit();
    // So that names can be read, a large graph begins at what it is about.
    const [w, h] = size();
    if (view[2] / w > 1.7) {
      const at = places.get(state.focus), by = 1.3, [x, y] = at ? [at.x + WIDTH / 2 - w * by / 2, at.y + at.h / 2] : [-20, height / 2];
      view = [x, y - h * by / 2, w * by, h * by];
      set();
    }
    let drag = null;
    svg.onpointerdown = (event) => { drag = { x: event.clientX, y: event.clientY, view: [...view], moved: false }; };
    svg.onpointermove = (event) => {
      if (!drag) return;
      const by = view[2] / size()[0], dx = event.clientX - drag.x, dy = event.clientY - drag.y;
      if (Math.abs(dx) + Math.abs(dy) > 4 && !drag.moved) { drag.moved = true; svg.setPointerCapture(event.pointerId); }
      if (drag.moved) { view = [drag.view[0] - dx * by, drag.view[1] - dy * by, view[2], view[3]]; set(); }
    };
    svg.onpointerup = svg.onpointercancel = () => { const moved = drag?.moved; drag = null; if (moved) svg.addEventListener("click", (event) => event.preventDefault(), { capture: true, once: true }); };
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    // The wheel scrolls the page; with Ctrl, and on the page of the graph, it zooms.
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !form) return;
      event.preventDefault();
      const [w, h] = size(), rect = svg.getBoundingClientRect();
      scale(event.deltaY > 0 ? 1.15 : 0.87, view[0] + (event.clientX - rect.left) / w * view[2], view[1] + (event.clientY - rect.top) / h * view[3]);
    }, { passive: false });
  }

  // The edges above and below some columns.
  function trailOf(edges, start) {
    const kept = new Set();
    for (const [from, to] of [[0, 2], [2, 0]]) {
      const by = new Map();
      for (const edge of edges) { const key = edge[from] + " " + edge[from + 1]; by.has(key) ? by.get(key).push(edge) : by.set(key, [edge]); }
      const seen = new Set(start.map(([node, column]) => node + " " + column)), open = [...seen];
      while (open.length) for (const edge of by.get(open.pop()) ?? []) {
        kept.add(edge);
        const key = edge[to] + " " + edge[to + 1];
        if (!seen.has(key)) { seen.add(key); open.push(key); }
      }
    }
    return [...kept];
  }

  // In one file, each page is a template, and the address behind # says which is shown.
  function single() {
    const show = () => {
      if (location.hash && !location.hash.startsWith("#/")) return;
      const [path, anchor] = location.hash.slice(2).split("#"), name = (path || "index.html").split("?")[0];
      const found = all("template[data-page]").find((one) => one.dataset.page === name);
      const main = find("main");
      main.replaceChildren(found ? found.content.cloneNode(true) : make("p", {}, "There is no page " + name + "."));
      doc.title = (found?.dataset.title ?? name) + " · " + find(".brand span").textContent;
      for (const link of all("#side a")) link.getAttribute("href") === "#/" + name ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
      find("#side").classList.remove("open");
      page(main);
      scrollTo(0, 0);
      if (anchor) doc.getElementById(anchor)?.scrollIntoView();
    };
    addEventListener("hashchange", show);
    show();
  }

  doc.addEventListener("DOMContentLoaded", () => {
    frame();
    search();
    isSingle ? single() : page(find("main"));
  });
})();
