// Uses `ingot ui` in a real browser: the address with its token, what goes on now, SQL, rejects.
//
//   node ui.mjs ADDRESS [--pictures DIR]

import { chromium } from "playwright-core";
import { readFileSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const [, , address, ...rest] = process.argv;
const pictures = rest.includes("--pictures") ? rest[rest.indexOf("--pictures") + 1] : null;
const faults = [];
const fault = (text) => { faults.push(text); console.error("fault: " + text); };
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const own = new URL(address).origin;

for (const [size, width, height, colorScheme] of [["wide", 1440, 900, "light"], ["phone", 390, 844, "dark"]]) {
  // axe is put into the page from outside, which the policy of the page refuses.
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, bypassCSP: true });
  const page = await context.newPage();
  // The browser itself says so when a statement is refused, which is what is asked for once.
  let refusals = 0;
  page.on("console", (message) => {
    if (refusals > 0 && message.text().includes("400 (Bad Request)")) refusals -= 1;
    else if (["error", "warning"].includes(message.type())) fault(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => fault(`script: ${error.message}`));
  page.on("request", (request) => { if (!request.url().startsWith(own) && !request.url().startsWith("data:")) fault(`request: ${request.url()}`); });
  const look = async (name) => {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"], preload: false }));
    for (const one of violations.filter((one) => ["serious", "critical"].includes(one.impact))) fault(`${name}: ${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (overflow > 1) fault(`${name}: the page is ${overflow} px too wide`);
    if (pictures) { mkdirSync(pictures, { recursive: true }); await page.screenshot({ path: join(pictures, `ui-${name}-${size}.png`) }); }
  };
  await page.goto(address);
  await page.waitForSelector("h1");
  if (page.url().includes("token")) fault("the address keeps the token");
  await page.goto(own + "/now.html");
  await page.waitForSelector("[data-live] section, [data-live] .none");
  await page.waitForTimeout(300);
  await look("now");
  await page.goto(own + "/sql.html");
  await page.fill("textarea", "select 42 as answer, null as nothing");
  await page.press("textarea", "Control+Enter");
  await page.waitForSelector("[data-answer] td", { timeout: 20000 }).catch(() => fault("SQL is not answered"));
  if ((await page.textContent("[data-answer] td").catch(() => "")) !== "42") fault("SQL is answered wrongly");
  await look("sql");
  await page.fill("textarea", "drop table x");
  refusals = 1;
  await page.click("button.main");
  await page.waitForSelector(".said.bad", { timeout: 20000 }).catch(() => fault("a statement that writes is not refused"));
  await page.waitForTimeout(200);
  if (refusals !== 0) fault("a statement that writes is not answered with 400");
  // A value has an address.
  const cell = new URLSearchParams({ table: "gold.dim_product", where: "product_key <> -1 and product_id = (select min(product_id) from gold.dim_product where product_id > 0)", column: "sku" });
  await page.goto(own + "/why.html?" + cell);
  await page.waitForSelector("pre[data-answer]:not([hidden])", { timeout: 60000 }).catch(() => fault("a value is not followed back"));
  const chain = await page.textContent("pre[data-answer]").catch(() => "");
  for (const part of ["gold.dim_product  1 row", "silver.products", "bronze.products", "data_raw/"]) if (!chain.includes(part)) fault(`the chain of a value has no ${part}`);
  await look("why");
  await page.fill("input[name=where]", "true; drop table dim_product");
  refusals = 1;
  await page.click("button.main");
  await page.waitForSelector(".said.bad", { timeout: 20000 }).catch(() => fault("a condition that writes is not refused"));
  if (await page.isVisible("pre[data-answer]")) fault("an old answer stays beside an error");
  await page.waitForTimeout(200);
  if (refusals !== 0) fault("a condition that writes is not answered with 400");
  await page.goto(own + "/rejects.html");
  await page.waitForTimeout(700);
  await look("rejects");
  await context.close();
}
await browser.close();
if (faults.length) { console.error(`${faults.length} faults`); process.exit(1); }
console.log("ingot ui: no fault");
