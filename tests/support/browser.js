// SPDX-License-Identifier: Apache-2.0
// A headless Chromium, driven by lines of JSON on standard input; each is answered by one on standard output.
//   node browser.js PLAYWRIGHT CHROMIUM URL
//   {"press": "F5"} {"type": "text"} {"text": "SELECTOR"} {"click": "SELECTOR"} {"picture": "FILE"}
const readline = require('readline');
const [playwright, chromium, url] = process.argv.slice(2);

async function obey(page, order) {
  if (order.press) await page.keyboard.press(order.press);
  else if (order.type) await page.keyboard.type(order.type);
  else if (order.click) await page.locator(order.click).first().click({ timeout: 10000 });
  else if (order.picture) await page.screenshot({ path: order.picture });
  else if (order.text) return (await page.locator(order.text).allInnerTexts()).join('\n');
  return '';
}

(async () => {
  const options = { executablePath: chromium, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] };
  const browser = await require(playwright).chromium.launch(options);
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(url, { timeout: 120000, waitUntil: 'domcontentloaded' });
  console.log('{"ready": true}');
  for await (const line of readline.createInterface({ input: process.stdin })) {
    try {
      console.log(JSON.stringify({ answer: await obey(page, JSON.parse(line)) }));
    } catch (error) {
      console.log(JSON.stringify({ error: String(error) }));
    }
  }
  await browser.close();
})();
