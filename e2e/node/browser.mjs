// Chromium, driven by a Go test. The job is one JSON argument: { executable, url }.
// Each line on stdin is a JSON command for one browser context, which stands for one
// person; each is answered by one line {"at":"done","id",...} with "text" or "reason".
import { chromium } from 'playwright-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const job = JSON.parse(process.argv[2]);
const tell = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const browser = await chromium.launch({
  executablePath: job.executable,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const pages = new Map();

async function page(who, settings) {
  if (!pages.has(who)) {
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ignoreHTTPSErrors: true, ...settings });
    // What a person feels: tasks that kept the page from answering, the first paint, and
    // how far things jumped without being touched.
    await context.addInitScript(() => {
      window.felt = { tasks: [], paint: 0, jumps: 0 };
      const watch = (type, take) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
      watch('longtask', (e) => felt.tasks.push({ at: Math.round(e.startTime), ms: Math.round(e.duration) }));
      watch('paint', (e) => { if (e.name === 'first-contentful-paint') felt.paint = Math.round(e.startTime); });
      watch('layout-shift', (e) => { if (!e.hadRecentInput) felt.jumps += e.value; });
    });
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
    p.setDefaultTimeout(25000);
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

const axe = () => readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const verbs = {
  // As the first command of a person: how their browser is set up, in words of Playwright's newContext.
  open: async () => {},
  goto: async (p, c) => void (await p.goto(job.url + c.path)),
  fill: async (p, c) => void (await p.fill(c.selector, c.value)),
  // The click that sends a form also waits for the page that answers it.
  submit: async (p, c) => void (await Promise.all([p.waitForNavigation(), p.click(c.selector)])),
  path: async (p) => new URL(p.url()).pathname,
  wait: async (p, c) => {
    const found = p.locator(c.selector, c.value ? { hasText: c.value } : {}).first();
    await found.waitFor({ state: c.state || 'visible', timeout: c.timeout });
    return c.state === 'hidden' ? '' : found.textContent();
  },
  toast: async (p, c) => {
    await p.waitForFunction((part) => window.toastsSeen.some((t) => t.includes(part)), c.value);
    return p.evaluate((part) => window.toastsSeen.find((t) => t.includes(part)), c.value);
  },
  toasts: async (p) => String(await p.evaluate(() => window.toastsSeen.length)),
  shot: async (p, c) => void (await p.screenshot({ path: c.path, fullPage: !!c.full, animations: 'disabled' })),
  viewport: async (p, c) => void (await p.setViewportSize({ width: c.width, height: c.height })),
  media: async (p, c) => void (await p.emulateMedia({ colorScheme: c.scheme, reducedMotion: c.motion })),
  click: async (p, c) => void (await p.locator(c.selector, c.value ? { hasText: c.value } : {}).first().click()),
  press: async (p, c) => void (c.selector ? await p.press(c.selector, c.value) : await p.keyboard.press(c.value)),
  select: async (p, c) => void (await p.selectOption(c.selector, c.value)),
  check: async (p, c) => void (await p.setChecked(c.selector, !!c.value)),
  // Requests below the path fail until it is allowed again.
  block: async (p, c) => void (await p.route(`**${c.path}**`, (r) => r.abort())),
  allow: async (p, c) => void (await p.unroute(`**${c.path}**`)),
  reload: async (p) => void (await p.reload()),
  url: async (p) => p.url().slice(new URL(p.url()).origin.length),
  count: async (p, c) => String(await p.locator(c.selector, c.value ? { hasText: c.value } : {}).count()),
  // null when the element has no such attribute.
  attr: async (p, c) => JSON.stringify(await p.locator(c.selector).first().getAttribute(c.name)),
  // What keeps people out, as lines; "" when axe finds nothing.
  axe: async (p) => {
    await p.evaluate(axe());
    const found = await p.evaluate(() => window.axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    return found.violations
      .flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary.replaceAll('\n', ' ')}`))
      .join('\n');
  },
  // What was felt since the last time, and what the page holds.
  felt: async (p) => {
    const cdp = await p.context().newCDPSession(p);
    await cdp.send('Performance.enable');
    const { metrics } = await cdp.send('Performance.getMetrics');
    await cdp.detach();
    const held = Object.fromEntries(metrics.map((m) => [m.name, m.value]));
    const felt = await p.evaluate(() => { const f = { ...window.felt }; window.felt.tasks = []; return f; });
    return JSON.stringify({ ...felt, heap: held.JSHeapUsedSize, nodes: held.Nodes, script: held.ScriptDuration, layout: held.LayoutDuration });
  },
  faults: async (p) => p.faults.join('\n'),
  forgive: async (p) => void p.faults.splice(0),
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
      tell({ at: 'done', id: c.id, text: (await verbs[c.do](await page(c.who, c.settings), c)) ?? '' });
    } catch (e) {
      tell({ at: 'done', id: c.id, reason: String(e.message || e) });
    }
  });
});
commands.on('close', () => last.then(() => browser.close()).then(() => process.exit(0)));
tell({ at: 'ready', text: browser.version() });
