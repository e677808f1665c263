// Opens pages in Chromium, each in a tab of its own, all at once; fills them in, presses their button and waits for what
// they say. Prints as JSON what each of them came to.
//
// Arguments: the program, its switches as JSON, and the visits as JSON: an object of named visits. A visit has
//
//   url           the page
//   fill          texts to type, by the selector of the field
//   until         "answer": the text area holds JSON with a status in words; "alert": the page calls alert()
//   screenshot    where to save a picture of the page at the end, if anywhere
//
// No request is intercepted: playwright would answer the preflights of CORS itself if one were.
"use strict";

const { chromium } = require("playwright-core");

const PATIENCE = 45_000;
const HAS_ANSWER = () => {
  try {
    const answer = JSON.parse(document.querySelector("textarea").value);
    return [answer].flat().every((one) => typeof one.status === "string");
  } catch {
    return false;
  }
};

// Preflights are seen by the network stack alone.
async function preflightsOf(page) {
  const seen = new Map();
  const devtools = await page.context().newCDPSession(page);
  devtools.on("Network.requestWillBeSent", ({ requestId, request }) => {
    if (request.method === "OPTIONS") seen.set(requestId, { url: request.url });
  });
  devtools.on("Network.responseReceived", ({ requestId, response }) => {
    const preflight = seen.get(requestId);
    if (preflight) preflight.status = response.status;
  });
  await devtools.send("Network.enable");
  return seen;
}

async function visit(browser, { url, fill, until, screenshot }) {
  const outcome = { alerts: [], requested: [], faults: [] };
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1100, height: 900 } });
  const page = await context.newPage();
  page.on("request", (request) => outcome.requested.push(`${request.method()} ${request.url()}`));
  page.on("pageerror", (error) => outcome.faults.push(String(error)));
  page.on("requestfailed", (request) => outcome.faults.push(`${request.url()} ${request.failure().errorText}`));
  const alerted = new Promise((resolve) => {
    page.on("dialog", async (dialog) => {
      outcome.alerts.push(dialog.message());
      await dialog.dismiss();
      resolve();
    });
  });
  try {
    const preflights = await preflightsOf(page);
    await page.goto(url);
    outcome.origin = await page.evaluate(() => self.origin);
    for (const [selector, text] of Object.entries(fill)) await page.fill(selector, text);
    await page.click("button");
    const answered = page.waitForFunction(HAS_ANSWER, null, { timeout: PATIENCE, polling: 100 });
    answered.catch(() => {});
    await (until === "alert" ? Promise.race([alerted, answered]) : Promise.race([answered, alerted]));
    outcome.text = await page.inputValue("textarea");
    outcome.preflights = [...preflights.values()];
    outcome.pictures = await page.evaluate(() => [...document.images].map((image) => image.naturalWidth));
    if (screenshot) await page.screenshot({ path: screenshot, fullPage: true });
  } catch (error) {
    outcome.faults.push(String(error));
  }
  await context.close();
  return outcome;
}

async function main() {
  const [executablePath, switches, visits] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: JSON.parse(switches) });
  const named = Object.entries(JSON.parse(visits));
  const outcomes = await Promise.all(named.map(([, one]) => visit(browser, one)));
  await browser.close();
  console.log(JSON.stringify(Object.fromEntries(named.map(([name], index) => [name, outcomes[index]]))));
}

main();
