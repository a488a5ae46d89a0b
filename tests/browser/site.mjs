// Opens the pages of `ingot docs` in a real browser, from disk, and fails if anything about them is wrong:
// an error on the console, a request to anything but the folder, a link to nothing, an accessibility fault that axe-core
// calls serious, a slow search.
//
//   node site.mjs FOLDER [--single FILE] [--pictures DIR] [--budget MS_OF_FIRST_PAINT]

import { chromium } from "playwright-core";
import { readFileSync, existsSync, mkdirSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [, , folder, ...rest] = process.argv;
const option = (name) => (rest.includes(name) ? rest[rest.indexOf(name) + 1] : null);
const site = resolve(folder), pictures = option("--pictures"), budget = Number(option("--budget") ?? 1000);
const faults = [];
const fault = (text) => { faults.push(text); console.error("fault: " + text); };

async function files(dir) {
  const found = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) found.push(...(await files(path)));
    else if (entry.name.endsWith(".html")) found.push(relative(site, path));
  }
  return found.sort();
}

// Every link of every page leads to a file, and to a place in it.
function links(pages) {
  const ids = new Map();
  const texts = new Map(pages.map((page) => [page, readFileSync(join(site, page), "utf8")]));
  for (const [page, text] of texts) ids.set(page, new Set([...text.matchAll(/\sid="([^"]+)"/g)].map((found) => found[1])));
  let count = 0;
  const dead = new Set();
  for (const [page, text] of texts) {
    for (const [, raw] of text.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      const link = raw.replaceAll("&amp;", "&").replaceAll("&#x2f;", "/");
      if (/^(https?:|mailto:|data:)/.test(link)) continue;
      count += 1;
      const [path, anchor] = link.split("?")[0].split("#");
      const target = path ? join(page, "..", decodeURIComponent(path)) : page;
      if (!existsSync(join(site, target))) dead.add(`${page}: ${link}`);
      else if (anchor && target.endsWith(".html") && !ids.get(target)?.has(anchor)) dead.add(`${page}: ${link} (no such place)`);
    }
  }
  for (const one of [...dead].slice(0, 20)) fault("dead link in " + one);
  if (dead.size > 20) fault(`${dead.size} dead links`);
  console.log(`${pages.length} pages, ${count} links`);
}

// One page of each kind, the largest of it, so that what is rare is on it.
function chosen(pages) {
  const kinds = new Map();
  for (const page of pages) {
    const kind = page.includes("/") ? page.split("/")[0] : page;
    const size = readFileSync(join(site, page)).length;
    if (!kinds.has(kind) || kinds.get(kind)[1] < size) kinds.set(kind, [page, size]);
  }
  return [...kinds.values()].map(([page]) => page);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(address, settings) {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) fault(`console of ${address}: ${message.text()}`); });
  page.on("pageerror", (error) => fault(`script of ${address}: ${error.message}`));
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) fault(`request of ${address}: ${request.url()}`); });
  page.on("requestfailed", (request) => fault(`missing file of ${address}: ${request.url()}`));
  await page.goto(address);
  return [page, context];
}

async function paint(page) {
  return page.evaluate(() => new Promise((done) => {
    const look = () => { const found = performance.getEntriesByName("first-contentful-paint")[0]; found ? done(found.startTime) : setTimeout(look, 20); };
    look();
  }));
}

async function accessibility(page, name) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
  for (const one of violations.filter((one) => ["serious", "critical"].includes(one.impact))) {
    fault(`${name}: ${one.id} (${one.impact}): ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 140)).join(" | ")}`);
  }
}

const pages = await files(site);
links(pages);
const times = [];
for (const path of chosen(pages)) {
  for (const [size, width, height] of [["wide", 1440, 900], ["phone", 390, 844]]) {
    for (const colorScheme of ["light", "dark"]) {
      const name = `${path} (${size}, ${colorScheme})`;
      const [page, context] = await open(pathToFileURL(join(site, path)).href, { viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
      const painted = await paint(page);
      times.push(painted);
      if (painted > budget) fault(`${name}: first paint after ${Math.round(painted)} ms`);
      await page.evaluate(() => document.querySelector("[data-graph]")?.scrollIntoView());
      if (await page.$("[data-graph]")) await page.waitForSelector("[data-graph] svg, [data-graph] p", { timeout: 5000 }).catch(() => fault(`${name}: no graph`));
      await page.evaluate(() => scrollTo(0, 0));
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (overflow > 1) fault(`${name}: the page is ${overflow} px too wide`);
      await accessibility(page, name);
      if (pictures) {
        mkdirSync(pictures, { recursive: true });
        await page.screenshot({ path: join(pictures, `${path.replaceAll("/", "_").replace(".html", "")}-${size}-${colorScheme}.png`), fullPage: rest.includes("--full") });
      }
      await context.close();
    }
  }
}
console.log(`first paint: ${Math.round(Math.max(...times))} ms at most, ${Math.round(times.sort((a, b) => a - b)[times.length >> 1])} ms in the middle`);

// Search: by keyboard, each key within 50 ms of work; Enter opens what was found.
{
  const [page, context] = await open(pathToFileURL(join(site, "index.html")).href, { viewport: { width: 1440, height: 900 } });
  await page.keyboard.press("/");
  await page.waitForFunction(() => window.INGOT_SEARCH);
  const label = await page.evaluate(() => { const found = window.INGOT_SEARCH.t.filter((one) => one[4].length); return found[found.length - 1][0]; });
  const worst = await page.evaluate(async (text) => {
    const input = document.querySelector("#search");
    let worst = 0;
    for (let length = 1; length <= text.length; length++) {
      input.value = text.slice(0, length);
      // The best of three, because other programs run on this machine as well.
      let best = Infinity;
      for (let round = 0; round < 3; round++) {
        const began = performance.now();
        input.dispatchEvent(new Event("input"));
        document.querySelector("#found").getBoundingClientRect();
        best = Math.min(best, performance.now() - began);
        await new Promise((done) => setTimeout(done));
      }
      worst = Math.max(worst, best);
    }
    return worst;
  }, label);
  console.log(`search: ${worst.toFixed(1)} ms a key at most`);
  if (worst > 50) fault(`search takes ${worst.toFixed(0)} ms a key`);
  await page.focus("#search");
  await page.fill("#search", label);
  await accessibility(page, "search");
  if (pictures) await page.screenshot({ path: join(pictures, "search.png") });
  await page.keyboard.press("Enter");
  await page.waitForFunction((label) => document.querySelector("h1").textContent === label, label, { timeout: 5000 }).catch(() => fault(`search for ${label} does not open its page`));
  await context.close();
}

// The graph: one table with its columns; a column is followed; a link of it leads to its page.
{
  const focus = await (async () => { const [page, context] = await open(pathToFileURL(join(site, "lineage.html")).href, {}); await page.waitForFunction(() => window.INGOT_GRAPH); const at = await page.evaluate(() => { const count = new Map(); for (const [, , to] of window.INGOT_GRAPH.c) count.set(to, (count.get(to) ?? 0) + 1); return [...count].filter(([at]) => window.INGOT_GRAPH.n[at][3].startsWith("tables/")).sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0; }); await context.close(); return at; })();
  const [page, context] = await open(pathToFileURL(join(site, "lineage.html")).href + `?focus=${focus}`, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("[data-graph] svg");
  await page.check("input[name=columns]");
  await page.waitForSelector("[data-graph] text.col");
  await page.evaluate(() => document.querySelector(".node.focus text.col").dispatchEvent(new MouseEvent("click", { bubbles: true })));
  if (!(await page.$$("[data-graph] .edge.on")).length) fault("no edge of a column is lit");
  await accessibility(page, "lineage with columns");
  if (pictures) await page.screenshot({ path: join(pictures, "lineage-columns.png") });
  await page.evaluate(() => document.querySelector(".node.focus a").dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })));
  await page.waitForURL(/tables\//, { timeout: 5000 }).catch(() => fault("a table of the graph does not open its page"));
  await context.close();
}

// Filters and sorting.
{
  const [page, context] = await open(pathToFileURL(join(site, "tables.html")).href, { viewport: { width: 1440, height: 900 } });
  const all = await page.locator("tbody tr:visible").count();
  await page.fill("[data-filter]", "zzz-no-such-table");
  if (await page.locator("tbody tr:visible").count()) fault("a filter that nothing fits shows rows");
  await page.fill("[data-filter]", "");
  if ((await page.locator("tbody tr:visible").count()) !== all) fault("an empty filter hides rows");
  await page.locator("thead button").first().click();
  if (!(await page.$("[aria-sort=ascending]"))) fault("a table is not sorted");
  await context.close();
}

if (option("--single")) {
  const [page, context] = await open(pathToFileURL(resolve(option("--single"))).href, { viewport: { width: 1440, height: 900 } });
  await page.waitForSelector("h1");
  for (const link of await page.$$eval("#side a", (all) => all.map((one) => one.getAttribute("href")))) {
    await page.evaluate((link) => { location.hash = link; }, link);
    await page.waitForFunction((link) => document.querySelector("#side a[aria-current]")?.getAttribute("href") === link, link).catch(() => fault(`one file: ${link} is not shown`));
    await accessibility(page, "one file, " + link);
  }
  await page.evaluate(() => { location.hash = "#/tables.html"; });
  await page.locator("main tbody th a").first().click();
  await page.waitForFunction(() => location.hash.startsWith("#/tables/") && document.querySelector("h1.name"));
  await page.waitForSelector("[data-graph]");
  await page.evaluate(() => document.querySelector("[data-graph]").scrollIntoView());
  await page.waitForSelector("[data-graph] svg").catch(() => fault("one file: no graph"));
  await context.close();
}

await browser.close();
if (faults.length) { console.error(`${faults.length} faults`); process.exit(1); }
