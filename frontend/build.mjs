// Builds tracker/static/build from frontend/ and node_modules, with no network and the same bytes every time.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import * as sass from "sass";

const HERE = dirname(fileURLToPath(import.meta.url));
const PROJECT = dirname(HERE);
const PLACE = join(PROJECT, "tracker", "static", "build");
// Made aside and then put in place, so that a running server never finds half of it.
const OUT = `${PLACE}.making`;
const LIBRARY = join(PROJECT, "node_modules", "nhsuk-frontend", "dist", "nhsuk");
const SCRIPT = "nhsuk-frontend.min.js";
const OWN_PARTS = ["combobox.js", "sums.js", "tumors.js"];
const NOTICE = "/* Contains parts of nhsuk-frontend 10.6.1, released under the MIT License. */\n";

function write(name, text) {
  writeFileSync(join(OUT, name), text);
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

function styles() {
  const { css } = sass.compile(join(HERE, "app.scss"), {
    loadPaths: [join(PROJECT, "node_modules")],
    style: "compressed",
    quietDeps: true,
    sourceMap: false,
    charset: false,
  });
  refuse(css, ["assets.nhs.uk", "@font-face", "Frutiger", "#005eb8", "#003087", "#41b6e6", "#007f3b", "#d5281b", "#ffeb3b"]);
  write("app.css", `@charset "UTF-8";${NOTICE}${css}`);
  return css;
}

// Another organization's font, address or color must not come back with an update of the library.
function refuse(css, words) {
  const found = words.filter((word) => css.toLowerCase().includes(word.toLowerCase()));
  if (found.length) throw new Error(`app.css holds what it must not: ${found.join(", ")}`);
}

function images(css) {
  const names = new Set([...css.matchAll(/images\/([\w.-]+)/g)].map((match) => match[1]));
  mkdirSync(join(OUT, "images"), { recursive: true });
  for (const name of names) copyFileSync(join(LIBRARY, "assets", "images", name), join(OUT, "images", name));
}

function scripts() {
  const library = readFileSync(join(LIBRARY, SCRIPT), "utf8").replace(/\/\/# sourceMappingURL=.*\s*$/, "");
  const hashes = new Map([[SCRIPT, write(SCRIPT, NOTICE + library)]]);
  for (const name of OWN_PARTS) hashes.set(name, write(name, readFileSync(join(HERE, name), "utf8")));
  // Each part is named with its hash, so that a browser may keep it for ever.
  let own = readFileSync(join(HERE, "app.js"), "utf8");
  for (const [name, hash] of hashes) own = own.replace(`./${name}`, `./${name}?v=${hash}`);
  write("app.js", own);
}

if (!existsSync(LIBRARY)) throw new Error("node_modules is missing: run npm ci first");
rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
images(styles());
scripts();
copyFileSync(join(HERE, "favicon.svg"), join(OUT, "favicon.svg"));
rmSync(PLACE, { recursive: true, force: true });
renameSync(OUT, PLACE);
