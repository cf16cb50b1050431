// Draws dashboards in a browser, as rows.py gives them, and takes pictures of them, 1440 pixels wide.
// node shoot.cjs BROWSER SHOWN FOLDER
//
// It fails if a panel stays empty, says that something went wrong, or has a title that does not fit.
"use strict";

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const esbuild = require("esbuild");
const puppeteer = require("puppeteer-core");
const UPNG = require("upng-js");

const WIDTH = 1440;
const THEMES = ["dark", "light"];

// Pixels for the inputs, and below the last panel.
const INPUTS = 120;
const MARGIN = 10;

// Of a picture: how many colours, and bytes at most.
const COLOURS = 96;
const LARGEST = 320_000;

// Milliseconds until a dashboard has to be drawn.
const PATIENCE = 60_000;

async function bundle(folder) {
  await esbuild.build({
    entryPoints: [path.join(__dirname, "main.jsx")],
    outfile: path.join(folder, "main.js"),
    bundle: true,
    minify: true,
    format: "iife",
    jsx: "automatic",
    nodePaths: (process.env.NODE_PATH ?? "").split(":"),
    define: { "process.env.NODE_ENV": '"production"', global: "window" },
    loader: { ".svg": "dataurl", ".png": "dataurl", ".woff": "dataurl", ".woff2": "dataurl" },
    logLevel: "warning",
  });
}

function page(shown) {
  const text = JSON.stringify(shown).replaceAll("<", "\\u003c");
  return `<!doctype html><meta charset="utf-8"><style>html, body, #root { margin: 0; height: 100% }</style>
<div id="root"></div><script>window.shown = ${text};</script><script src="main.js"></script>`;
}

// Runs in the browser: whether every panel has drawn what it has, and nothing waits any more.
function isDrawn(panels) {
  const items = [...document.querySelectorAll('[data-test="viz-item"]')];
  const content = '[data-test="majorValue"], [data-test="table"] [data-test="row"], [data-test="charting-container"] svg';
  const waits = document.querySelector('[data-test*="spinner"], [data-test*="progress"], [data-test*="loading"]');
  return items.length === panels && !waits && items.every((it) => it.querySelector(content));
}

// Runs in the browser: what a person would complain about.
function complaints() {
  const found = [];
  for (const it of document.querySelectorAll('[data-test="viz-title"], [data-test="viz-description"]')) {
    if (it.scrollWidth > it.clientWidth + 1) found.push(`does not fit: ${it.textContent}`);
  }
  for (const it of document.querySelectorAll('[data-test="error-message"], [data-test="message"]')) {
    if (/error|cannot|no search results/i.test(it.textContent)) found.push(it.textContent);
  }
  return found;
}

// Runs in the browser: how far down something is drawn.
function depth() {
  const items = [...document.querySelectorAll('[data-test="viz-item"]')];
  return Math.ceil(Math.max(...items.map((it) => it.getBoundingClientRect().bottom)));
}

// With so few colours a picture is a third as large, and nobody sees the difference.
function smaller(png) {
  const image = UPNG.decode(png.buffer.slice(png.byteOffset, png.byteOffset + png.byteLength));
  return Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, COLOURS));
}

// The picture once nothing moves any more: two in a row are the same.
async function still(tab, clip) {
  const until = Date.now() + PATIENCE;
  let before = Buffer.alloc(0);
  while (Date.now() < until) {
    const now = Buffer.from(await tab.screenshot({ clip }));
    if (now.equals(before)) return now;
    before = now;
  }
  throw new Error("the dashboard never stands still");
}

async function shoot(browser, folder, name, theme, definition, to) {
  const tab = await browser.newPage();
  const wrong = [];
  tab.on("pageerror", (error) => wrong.push(error.message));
  const { height } = definition.layout.layoutDefinitions.only.options;
  await tab.setViewport({ width: WIDTH, height: height + INPUTS });
  const file = path.join(folder, `${name}-${theme}.html`);
  fs.writeFileSync(file, page({ definition, theme }));
  await tab.goto(`file://${file}`);
  const panels = Object.keys(definition.visualizations).length;
  await tab.waitForFunction(isDrawn, { timeout: PATIENCE }, panels);
  wrong.push(...(await tab.evaluate(complaints)));
  const clip = { x: 0, y: 0, width: WIDTH, height: (await tab.evaluate(depth)) + MARGIN };
  const picture = smaller(await still(tab, clip));
  if (picture.length > LARGEST) wrong.push(`the picture takes ${picture.length} bytes`);
  fs.writeFileSync(path.join(to, `splunk-${name}-${theme}.png`), picture);
  await tab.close();
  return wrong;
}

async function main() {
  const [executable, file, to] = process.argv.slice(2);
  const all = JSON.parse(fs.readFileSync(file, "utf8"));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "scoutline-studio-"));
  let browser;
  try {
    await bundle(folder);
    // The pages are our own, and root has no sandbox.
    browser = await puppeteer.launch({ executablePath: executable, args: ["--no-sandbox"] });
    for (const [name, definition] of Object.entries(all)) {
      for (const theme of THEMES) {
        const wrong = await shoot(browser, folder, name, theme, definition, to);
        for (const it of wrong) console.error(`${name} ${theme}: ${it}`);
        if (wrong.length) process.exitCode = 1;
        console.log(`${name} ${theme}: ${Object.keys(definition.visualizations).length} panels`);
      }
    }
  } finally {
    await browser?.close();
    fs.rmSync(folder, { recursive: true });
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
