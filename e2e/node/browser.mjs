// Chromium, driven by a Go test. The job is one JSON argument: { executable, url }.
// Each line on stdin is a JSON command for one browser context, which stands for one
// person; each is answered by one line {"at":"done","id",...} with "text" or "reason".
import { chromium } from 'playwright-core';
import { createInterface } from 'node:readline';

const job = JSON.parse(process.argv[2]);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const browser = await chromium.launch({
  executablePath: job.executable,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const pages = new Map();

async function page(who) {
  if (!pages.has(who)) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ignoreHTTPSErrors: true });
    // Toasts go away by themselves; this remembers those that could be seen.
    await context.addInitScript(() => {
      window.toastsSeen = [];
      new MutationObserver((records) => {
        for (const node of records.flatMap((r) => [...r.addedNodes])) {
          if (node.classList?.contains('toast') && node.checkVisibility()) window.toastsSeen.push(node.textContent);
        }
      }).observe(document, { childList: true, subtree: true });
    });
    const p = await context.newPage();
    p.setDefaultTimeout(30000);
    p.faults = [];
    p.frames = [];
    p.on('pageerror', (e) => p.faults.push(`error: ${e.message}`));
    p.on('console', (m) => m.type() === 'error' && p.faults.push(`console: ${m.text()}`));
    p.on('websocket', (ws) => {
      ws.on('framereceived', (f) => p.frames.push(String(f.payload)));
    });
    pages.set(who, p);
  }
  return pages.get(who);
}

const verbs = {
  goto: async (p, c) => void (await p.goto(job.url + c.path)),
  fill: async (p, c) => void (await p.fill(c.selector, c.value)),
  // The click that sends a form also waits for the page that answers it.
  submit: async (p, c) => void (await Promise.all([p.waitForNavigation(), p.click(c.selector)])),
  path: async (p) => new URL(p.url()).pathname,
  wait: async (p, c) => {
    const found = p.locator(c.selector, c.value ? { hasText: c.value } : {}).first();
    await found.waitFor({ state: c.state || 'visible' });
    return found.textContent();
  },
  toast: async (p, c) => {
    await p.waitForFunction((part) => window.toastsSeen.some((t) => t.includes(part)), c.value);
    return p.evaluate((part) => window.toastsSeen.find((t) => t.includes(part)), c.value);
  },
  toasts: async (p) => String(await p.evaluate(() => window.toastsSeen.length)),
  shot: async (p, c) => void (await p.screenshot({ path: c.path })),
  faults: async (p) => p.faults.join('\n'),
  // Names and marks, one a line after an empty one, never the values.
  cookies: async (p) =>
    (await p.context().cookies(p.url()))
      .map((k) => '\n' + [k.name, k.secure && 'secure', k.httpOnly && 'httpOnly', k.sameSite, k.path].filter(Boolean).join(' '))
      .join(''),
  frames: async (p) => p.frames.join('\n'),
  eval: async (p, c) => JSON.stringify(await p.evaluate(c.value)),
};

// One command after the other, as a person acts.
let last = Promise.resolve();
const commands = createInterface({ input: process.stdin });
commands.on('line', (line) => {
  const c = JSON.parse(line);
  last = last.then(async () => {
    try {
      tell({ at: 'done', id: c.id, text: (await verbs[c.do](await page(c.who), c)) ?? '' });
    } catch (e) {
      tell({ at: 'done', id: c.id, reason: String(e.message || e) });
    }
  });
});
commands.on('close', () => last.then(() => browser.close()).then(() => process.exit(0)));
tell({ at: 'ready', text: browser.version() });
