// What the pages of `ingot ui` do beyond those on disk: follow runs, ask SQL, correct rejects.
(() => {
  "use strict";
  const token = document.querySelector("meta[name=ingot-token]").content;
  const base = location.pathname.split("/").length > 2 ? "../" : "";
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const post = async (path, value) => {
    const answer = await fetch(base + path, { method: "POST", headers: { "X-Ingot-Token": token, "Content-Type": "application/json" }, body: JSON.stringify(value) });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error);
    return told;
  };
  const tone = (status) => ({ ok: "good", warn: "warn", fail: "bad", error: "bad", failed: "bad", stopped: "bad", "could not run": "bad", running: "running", skip: "idle" })[status] ?? "idle";

  // Runs, once a second. When one has left something new, pages that nobody types into are shown again.
  let number = null, wait = 1000;
  async function follow(main) {
    try {
      const told = await (await fetch(base + "api/live")).json();
      wait = 1000;
      const place = main.querySelector("[data-live]");
      if (place) runs(place, told.runs);
      const link = document.querySelector('#side a[href$="now.html"] span');
      if (link) link.textContent = told.runs.some((run) => run.running) ? "Now: running" : "Now";
      if (number !== null && number !== told.number && !main.querySelector("textarea")) location.reload();
      number = told.number;
    } catch {
      // The server is gone: ask less often.
      wait = Math.min(wait * 2, 15000);
      const place = main.querySelector("[data-live]");
      if (place) place.replaceChildren(make("p", { class: "error" }, "The server does not answer. Was ingot ui ended?"));
    }
    setTimeout(() => follow(main), wait);
  }

  function unchanged(run) {
    const count = Object.values(run.nodes).filter((node) => node.status === "unchanged").length;
    return count ? ", " + count + " of them unchanged" : "";
  }

  function runs(place, list) {
    if (!list.length) return place.replaceChildren(make("p", { class: "none" }, "Nothing runs. Begin a run in a terminal, and it is shown here."));
    place.replaceChildren(...list.map((run) => {
      const section = make("section", {}, make("h2", {}, run.command + " ", make("span", { class: "badge " + tone(run.result) }, run.result)));
      section.append(make("p", {}, make("small", {}, "since " + (run.started ?? "").replace("T", " ").slice(0, 19) + " UTC" + (run.stage ? ", " + run.stage : ""))));
      if (run.total) section.append(make("progress", { max: run.total, value: run.done, "aria-label": "nodes done" }), make("p", {}, run.done + " of " + run.total + " nodes" + unchanged(run)));
      for (const [name, task] of Object.entries(run.tasks)) {
        section.append(make("p", {}, name + (task.detail ? ": " + task.detail : "")));
        if (run.running && task.of && !task.detail) section.append(make("progress", { max: task.of, value: task.done, "aria-label": name }));
      }
      const nodes = Object.entries(run.nodes).sort((a, b) => (tone(b[1].status) === "bad") - (tone(a[1].status) === "bad") || !b[1].status - !a[1].status);
      if (nodes.length) section.append(make("ul", { class: "nodes" }, ...nodes.slice(0, 400).map(([name, node]) => make("li", { class: node.status ? tone(node.status) : "running", title: node.message || (node.status === "unchanged" ? "unchanged" : "") }, name + (node.seconds ? " " + node.seconds.toFixed(2) + " s" : "")))));
      for (const message of run.messages) section.append(make("pre", { class: "message" }, message.level + ": " + message.text));
      return section;
    }));
  }

  function sql(form, main) {
    const text = form.querySelector("textarea"), said = form.querySelector(".said"), place = main.querySelector("[data-answer]");
    const ask = async () => {
      said.className = "said"; said.textContent = "…";
      try {
        const answer = await post("api/query", { sql: text.value });
        said.textContent = answer.rows.length + (answer.cut ? " rows and more" : answer.rows.length === 1 ? " row" : " rows") + " in " + answer.seconds.toFixed(2) + " s";
        const head = make("tr", {}, ...answer.columns.map(([name, type]) => make("th", { scope: "col", title: type }, name)));
        place.replaceChildren(make("table", { class: "wide" }, make("thead", {}, head), make("tbody", {}, ...answer.rows.map((row) => make("tr", {}, ...row.map((value) => make("td", {}, value === null ? make("span", { class: "none" }, "null") : value)))))));
        place.hidden = false;
      } catch (error) { said.className = "said bad"; said.textContent = error.message; place.hidden = true; }
    };
    form.onsubmit = (event) => { event.preventDefault(); ask(); };
    text.onkeydown = (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); ask(); } };
  }

  // A cell has an address: why.html?table=gold.fct_sales&where=order_id%20%3D%205&column=net_amount
  function why(form, main) {
    const said = form.querySelector(".said"), place = main.querySelector("[data-answer]"), names = ["table", "where", "column"];
    const ask = async () => {
      const asked = Object.fromEntries(names.map((name) => [name, form.elements[name].value.trim()]));
      said.className = "said"; said.textContent = "…";
      try {
        const answer = await post("api/why", asked);
        said.textContent = answer.seconds.toFixed(2) + " s";
        place.textContent = answer.text;
        place.hidden = false;
        history.replaceState(null, "", "?" + new URLSearchParams(asked));
      } catch (error) { said.className = "said bad"; said.textContent = error.message; place.hidden = true; }
    };
    form.onsubmit = (event) => { event.preventDefault(); ask(); };
    const given = new URLSearchParams(location.search);
    for (const name of names) form.elements[name].value = given.get(name) ?? "";
    if (given.get("table") && given.get("where")) ask();
  }

  function corrections(section) {
    const form = section.querySelector("form"), list = section.querySelector("[data-list]");
    const show = async () => {
      const table = form.elements.table.value;
      const answer = await fetch(base + "api/rejects?table=" + encodeURIComponent(table) + "&reason=" + encodeURIComponent(form.elements.reason.value.trim()));
      const found = await answer.json();
      if (!answer.ok) return list.replaceChildren(make("p", { class: "error" }, found.error));
      const rows = found.rejects.map((reject) => {
        const label = reject.file + ", row " + reject.row_number, area = make("textarea", { class: "raw", "aria-label": "text of " + label, spellcheck: "false" });
        area.value = reject.raw_text;
        const why = reject.reasons.map((one) => make("li", {}, make("code", {}, one.code), (one.column ? " " + one.column : "") + (one.value !== null && one.value !== undefined ? " is “" + one.value + "”" : "") + "; expected: " + one.expected));
        return { reject, area, box: make("div", { class: "reject" }, make("b", {}, label), make("ul", { class: "why" }, ...why), area) };
      });
      const said = make("span", { class: "said", role: "status" }), button = make("button", { type: "button", class: "main" }, "Replay " + table);
      button.onclick = async () => {
        button.disabled = true; said.className = "said"; said.textContent = "…";
        const changed = rows.filter(({ reject, area }) => area.value !== reject.raw_text.replace(/\r\n?/g, "\n")).map(({ reject, area }) => ({ reject_file: reject.reject_file, file: reject.file, row_number: reject.row_number, raw_text: area.value }));
        try {
          const done = await post("api/replay", { table, rows: changed });
          await show();
          list.prepend(make("p", { class: "said good" }, done.summary.rows_loaded + " loaded, " + done.summary.rows_rejected + " still rejected"));
          return;
        } catch (error) { said.className = "said bad"; said.textContent = error.message; }
        button.disabled = false;
      };
      list.replaceChildren(make("p", {}, found.total + " open" + (found.total > rows.length ? ", the first " + rows.length + " are shown" : "")), ...rows.map(({ box }) => box), make("div", { class: "row" }, button, said));
    };
    form.onsubmit = (event) => { event.preventDefault(); show(); };
    form.onchange = show;
    if (form.elements.table.value) show();
  }

  window.ingotLive = (main) => {
    follow(main);
    for (const form of main.querySelectorAll("[data-sql]")) sql(form, main);
    for (const form of main.querySelectorAll("[data-why]")) why(form, main);
    for (const section of main.querySelectorAll("[data-corrections]")) corrections(section);
  };
})();
