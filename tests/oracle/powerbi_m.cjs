// The M expression of each table of a Power BI project, by Microsoft's own parser.
//
//     node powerbi_m.cjs ANALYTICS        (needs: npm install @microsoft/powerquery-parser, found by NODE_PATH)

const parser = require("@microsoft/powerquery-parser");
const fs = require("fs");
const path = require("path");

const PARTITION = /= m\n\t\tmode: import\n\t\tsource =\n((?:\t\t\t\t.*\n?)+)/;

async function main() {
  const folder = process.argv[2];
  const model = fs.readdirSync(folder).find((name) => name.endsWith(".SemanticModel"));
  const tables = path.join(folder, model, "definition", "tables");
  let expressions = 0;
  let errors = 0;
  for (const file of fs.readdirSync(tables)) {
    const found = fs.readFileSync(path.join(tables, file), "utf8").match(PARTITION);
    if (!found) continue;
    expressions += 1;
    const text = found[1].replace(/^\t{4}/gm, "");
    const result = await parser.TaskUtils.tryLexParse(parser.DefaultSettings, text);
    if (!parser.TaskUtils.isParseStageOk(result)) {
      errors += 1;
      console.log(`${file}: ${result.error && result.error.message}`);
    }
  }
  console.log(`${expressions} M expressions, ${errors} errors`);
  process.exit(errors || !expressions ? 1 : 0);
}

main();
