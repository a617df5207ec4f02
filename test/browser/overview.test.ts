import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, smallLibrary } from '../flow/world';
import { NodeRed } from '../nodes/node-red';
import { findChromium, Page } from './chromium';

const desktop = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
/** A name that would run if it were ever read as HTML. */
const name = '<img src=x onerror="window.hacked=1">';
const root = "document.querySelector('pngx-overview')?.shadowRoot";
const loaded = `${root}?.querySelectorAll('.card').length === 2`;

/**
 * Texts with too little contrast to their background, by WCAG's formula: 4.5, or 3 for large ones. Runs in the page, where style is computed.
 */
const faint = `(() => {
  const parse = (color) => { const [r, g, b, a = 1] = (color.match(/[\\d.]+/g) ?? [0, 0, 0, 0]).map(Number); return color.startsWith('color(') ? [r * 255, g * 255, b * 255, a] : [r, g, b, a]; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const parent = (element) => element.parentElement ?? element.getRootNode().host ?? null;
  const background = (element) => {
    const layers = [];
    for (let each = element; each !== null; each = parent(each)) layers.push(parse(getComputedStyle(each).backgroundColor));
    return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
  };
  const light = (color) => { const [r, g, b] = color.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const found = [];
  for (const element of ${root}.querySelectorAll('*')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join('');
    if (text === '' || element.closest('.unseen') !== null || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    const [bright, dark] = [light(over(parse(style.color), behind)), light(behind)].sort((a, b) => b - a);
    const ratio = (bright + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(text + ' ' + ratio.toFixed(2) + ' ' + style.color + ' on ' + behind);
  }
  return found;
})()`;

describe('the overview in a real browser', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'pngx-browser-'));
  const servers: Server[] = [];
  let nodeRed: NodeRed;
  let page: Page;
  let url: string;

  before(async function () {
    const chromium = findChromium();
    if (chromium === null) {
      process.stderr.write('SKIPPED: there is no Chromium on this machine; set CHROMIUM to one to run the browser tests.\n');
      this.skip();
    }
    servers.push(await Server.start('3.0.5', 1, smallLibrary(6)), await Server.start('2.20.15', 2, null));
    const [master, replica] = servers;
    assert.ok(master !== undefined && replica !== undefined);
    nodeRed = new NodeRed(folder, { MASTER_URL: master.url, MASTER_TOKEN: master.token });
    await nodeRed.healthy();
    const body = JSON.stringify({ name, url: replica.url, token: replica.token });
    const added = await nodeRed.ask('/api/replicas', { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    assert.equal(added.status, 201, added.body);
    url = `http://localhost:${await nodeRed.port()}/`;
    page = await Page.open(chromium);
  });

  after(async () => {
    await Promise.all([(page as Page | undefined)?.close(), (nodeRed as NodeRed | undefined)?.end(), ...servers.map((server) => server.close())]);
    rmSync(folder, { recursive: true, force: true });
  });

  it('leads from / to the page, which shows the cycle that the timer started, and starts another by keyboard', async () => {
    await page.show(url, desktop);
    await page.until(loaded);
    assert.match(await page.run('location.pathname'), /^\/dashboard\/overview$/);
    const card = `${root}.querySelectorAll('.card')[1].textContent`;
    await page.until(`/6 of 6.*6 of 6/.test(${card}) && /6 synced/.test(${root}.querySelector('.last').textContent)`);
    const text = await page.run<string>(card);
    for (const part of ['nothing waits', '2.20.15', 'synced']) assert.ok(text.includes(part), `${part} in ${text}`);
    assert.equal(await page.run(`${root}.querySelectorAll('.cycle').length`), 1);

    for (let tabs = 0; tabs < 20 && !(await page.run<boolean>(`${root}.activeElement?.matches('button') === true`)); tabs += 1)
      await page.press('Tab');
    assert.equal(await page.run(`${root}.activeElement?.textContent`), 'Sync now');
    await page.press('Enter');
    await page.until(`${root}.querySelector('.news').textContent === 'Run 2 has started.'`);
    await page.until(`${root}.querySelectorAll('.cycle.good').length === 2`);
  });

  it('shows names as text, whatever is in them', async () => {
    assert.equal(await page.run(`${root}.querySelectorAll('h2')[1].textContent`), name);
    assert.equal(await page.run('window.hacked'), undefined);
    assert.equal(await page.run(`${root}.querySelectorAll('img').length`), 0);
  });

  for (const [what, size, dark] of [
    ['a desktop', desktop, false],
    ['a desktop in the dark', desktop, true],
    ['a phone', phone, false],
    ['a phone in the dark', phone, true],
  ] as const) {
    it(`is readable on ${what}: nothing is cut off, and every text stands out from its ground`, async () => {
      await page.show(`${url}dashboard/overview`, { ...size, dark });
      await page.until(loaded);
      assert.equal(await page.run("document.querySelector('pngx-overview').hasAttribute('dark')"), dark);
      // The page fades into its theme: no animation may be at work when colours are measured.
      await page.until(`document.getAnimations().every((animation) => animation.playState !== 'running')`);
      assert.deepEqual(await page.run(faint), []);
      const cut = `[...${root}.querySelectorAll('*')].filter((e) => !e.closest('.unseen') && e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.className)`;
      assert.deepEqual(await page.run(cut), []);
      assert.equal(await page.run('document.documentElement.scrollWidth <= innerWidth'), true);
    });
  }

  it('never had anything to complain about on the console', () => {
    assert.deepEqual(page.complaints, []);
  });

  it('says so when the controller is gone, and comes back by itself', async () => {
    await page.show(`${url}dashboard/overview`, desktop);
    await page.until(loaded);
    const port = String(await nodeRed.port());
    await nodeRed.end();
    await page.until(`document.querySelector('pngx-overview').dataset.state === 'lost'`);
    assert.match(await page.run(`${root}.querySelector('.news').textContent`), /can't be reached/);
    nodeRed = new NodeRed(folder, { PORT: port });
    await nodeRed.healthy();
    await page.until(`document.querySelector('pngx-overview')?.dataset.state === 'live' && ${root}.querySelector('.news').textContent === ''`);
  });
});
