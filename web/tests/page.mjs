// The page in Chromium against a real teald: tests/web/page_test has started everything and says where in PAGE_*.
// One story after the other, on one teald; pictures go to PAGE_PICTURES, if given.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import puppeteer from 'puppeteer-core';

const {PAGE_URL: url, PAGE_DIR: dir, PAGE_PICTURES: pictures, PAGE_TEALD: teald} = process.env;
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const token = (role) => readFileSync(join(dir, 'access', role), 'utf8').trim();
const save = (version, settings = '') => execFileSync('bash', ['-c', `${settings} source "$0" "$1"`, join(dir, 'save_version'), version]);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

let browser;
let page;
const complaints = [];

/** Waits until the page shows the text; says what it showed instead. */
async function shows(text, {within = 'body', timeout = 60_000} = {}) {
  try {
    await page.waitForFunction((wanted, selector) => document.querySelector(selector)?.innerText.replace(/\s+/g, ' ').includes(wanted), {timeout, polling: 100}, text, within);
  } catch {
    const shown = await page.$eval(within, (element) => element.innerText).catch(() => '(there is no such element)');
    assert.fail(`"${text}" is not in ${within} after ${timeout} ms, which shows:\n${shown.slice(0, 3000)}`);
  }
}

async function press(text) {
  await page.waitForFunction((wanted) => [...document.querySelectorAll('button')].some((each) => each.innerText.startsWith(wanted)), {timeout: 30_000}, text);
  await page.evaluate((wanted) => [...document.querySelectorAll('button')].findLast((each) => each.innerText.startsWith(wanted)).click(), text);
}

async function signIn(role) {
  await page.goto('about:blank');
  await page.goto(`${url}/`);
  await page.waitForSelector('#token');
  await page.type('#token', token(role));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.line', {timeout: 30_000});
}

async function open(hash) {
  await page.evaluate((to) => { location.hash = to; }, hash);
  await pause(300);
}

/** In light and dark, wide and narrow: a picture, nothing that axe has against it, nothing wider than the window. */
async function look(name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}, {name: 'prefers-reduced-motion', value: 'reduce'}]);
    for (const [size, width] of [['wide', 1200], ['narrow', 390]]) {
      await page.setViewport({width, height: 900});
      await pause(200);
      if (pictures) await page.screenshot({path: join(pictures, `${name}-${scheme}-${size}.png`)});
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} (${size}) is wider than the window`);
    }
    // The page allows no script but its own: so axe comes the way a debugger does.
    await page.evaluate(axe);
    const {violations} = await page.evaluate(() => globalThis.axe.run());
    assert.deepEqual(violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.html).slice(0, 3).join(' ')}`), [], `${name} (${scheme})`);
  }
  await page.setViewport({width: 1200, height: 900});
}

before(async () => {
  browser = await puppeteer.launch({executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox'], protocolTimeout: 120_000});
  page = await browser.newPage();
  await page.setViewport({width: 1200, height: 900});
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => { if (/Content Security Policy/i.test(message.text())) complaints.push(message.text()); });
});
afterEach(() => assert.deepEqual(complaints.splice(0), [], 'errors of the page'));
after(() => browser?.close());

test('a token is asked for; a wrong one is said to be wrong; a right one stays in memory alone', async () => {
  await page.goto(`${url}/`);
  await page.waitForSelector('#token');
  await look('sign-in');
  await page.type('#token', 'teal_nonsense');
  await page.keyboard.press('Enter');
  await shows('That token is not good here', {within: '#sign-in'});
  await page.type('#token', token('viewer'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.line');
  assert.equal(await page.evaluate(() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])), '[{},{},""]');
});

test('2,000 applications: a line each, problems first, found by name, label and phase, few of them drawn', async () => {
  await shows('1 Healthy', {within: '.counts'});
  await shows('2000 Suspended', {within: '.counts'});
  assert.ok(await page.$$eval('.line', (all) => all.length) < 80);
  await look('overview');
  await page.keyboard.press('/');
  await page.keyboard.type('sample');
  await page.waitForFunction(() => document.querySelectorAll('.line').length === 1);
  await page.$eval('#search', (field) => { field.value = ''; field.dispatchEvent(new Event('input', {bubbles: true})); });
  await page.select('select', 'team=1');
  await page.waitForFunction(() => document.querySelector('.lines')?.ariaLabel === '667 applications');
  await page.select('select', '');
  await press('1 Healthy');
  await page.waitForFunction(() => document.querySelectorAll('.line').length === 1);
  await press('1 Healthy');
});

test('scrolling through all of them leaves no frame out for long', async () => {
  await page.waitForFunction(() => document.querySelector('.lines')?.ariaLabel === '2001 applications');
  const frames = await page.evaluate(async () => {
    const times = [];
    let last = performance.now();
    for (let frame = 0; frame < 240; ++frame) {
      scrollBy(0, 500);
      await new Promise((done) => requestAnimationFrame(done));
      times.push(performance.now() - last);
      last = performance.now();
    }
    return times.sort((a, b) => a - b);
  });
  const at = (part) => frames[Math.floor(frames.length * part)].toFixed(1);
  console.log(`frame times while scrolling through 2,001 applications: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(0.9999)} ms, of ${frames.length}`);
  assert.ok(await page.$$eval('.line', (all) => all.length) > 5, 'lines are drawn where the window is');
  await page.evaluate(() => scrollTo(0, 0));
});

test('50 changes a second lose no click', async () => {
  const names = (from) => Array.from({length: 4}, (_, place) => `quiet-${String(from * 4 + place + 1).padStart(4, '0')}`);
  let written = 0;
  let isOver = false;
  const changes = (async () => {
    while (!isOver) {
      // Four applications a file.
      const file = written % 500;
      const text = names(file).map((name) => `apiVersion: teal/v1\nkind: Application\nmetadata: {name: ${name}, labels: {team: "0"}}\n` +
        `spec: {version: "2.${written}", image: sample, suspend: true, components: [{name: api, port: 8000}]}\n`).join('---\n');
      writeFileSync(join(dir, 'new'), text);
      renameSync(join(dir, 'new'), join(dir, 'manifests', `quiet-${String(file).padStart(4, '0')}.yaml`));
      written += 1;
      await pause(80);
    }
  })();
  try {
    for (let click = 0; click < 20; ++click) {
      const line = (await page.$$('.line'))[3 + click % 5];
      const name = await line.$eval('.name', (element) => element.innerText);
      await line.click();
      await page.waitForFunction((wanted) => document.querySelector('h2')?.innerText === wanted, {timeout: 10_000}, name);
      await page.goBack();
      await page.waitForSelector('.line');
    }
  } finally {
    isOver = true;
    await changes;
  }
  console.log(`${written * 4} applications changed during 20 clicks`);
  assert.ok(written > 10);
});

test('by keyboard alone: from the list into an application and back', async () => {
  await page.keyboard.press('/');
  await page.keyboard.type('sample');
  await page.waitForFunction(() => document.querySelectorAll('.line').length === 1);
  await page.focus('.line');
  await page.keyboard.press('Enter');
  await shows('sample', {within: 'h2'});
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.goBack();
  await page.waitForSelector('#search');
  await page.$eval('#search', (field) => { field.value = ''; field.dispatchEvent(new Event('input', {bubbles: true})); });
});

test('a viewer who tries a verb is told which role would do, and which command does the same', async () => {
  await open('#/applications/sample');
  await press('Plan');
  await shows('operator', {within: '[aria-label=Answer]'});
  await press('Close');
});

test('an upgrade: phases with their times, old and new side by side, the bake counted down, the title says it', async () => {
  await signIn('operator');
  await open('#/applications/sample');
  save('2', 'sample_bake=25s;');
  await shows('1 → 2');
  await shows('the old version goes in');
  await shows('Version 1 revision 1, active');
  await shows('Version 2 revision 2');
  await shows('last time');
  await shows('migration default: Succeeded');
  assert.match(await page.title(), /^sample Progressing/);
  assert.match(await page.$eval('link[rel=icon]', (link) => link.href), /icon-busy\.svg$/);
  await look('upgrade');
});

test('a pause halts it, its dialog says what happens and how to type it, and nothing open is taken away by updates', async () => {
  await press('Pause');
  await page.waitForSelector('dialog[open]');
  await look('dialog');
  await page.type('dialog input', "it's late");
  await shows("teal pause sample --reason 'it'\\''s late'", {within: 'dialog'});
  await pause(2500);  // longer than two updates
  assert.equal(await page.$eval('dialog input', (field) => field.value), "it's late");
  await page.keyboard.press('Enter');
  await shows('Paused', {within: '.head'});
  await press('Resume');
  await page.waitForSelector('dialog[open]');
  await page.click('dialog button.primary');
  await shows('Healthy', {within: '.head', timeout: 120_000});
});

test('logs follow, and what is selected stays so', async () => {
  await page.evaluate(() => { document.querySelectorAll('summary').forEach((each) => { if (!each.parentElement.open) each.click(); }); });
  await page.waitForFunction(() => document.querySelector('pre.log')?.innerText.length > 20, {timeout: 30_000});
  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector('h2')));
  await pause(2500);
  assert.equal(await page.evaluate(() => getSelection().toString()), 'sample');
  await look('healthy');
});

test('a version that never gets healthy: what happened, what was seen, and what can be done', async () => {
  save('3');
  await shows('RolledBack', {timeout: 120_000});
  await shows('What was seen when it failed');
  await shows('Retry');
  await shows('version 2', {within: '.head'});
  await look('rolled-back');
  await open('#/');
  await page.waitForFunction(() => document.querySelector('.line .name').innerText === 'sample');  // problems first
});

test('a migration that fails leaves the old version serving, and its log is at hand', async () => {
  await open('#/applications/sample');
  save('4');
  await shows('migration default: Failed', {timeout: 120_000});
  await look('migration-failed');
});

test('approval is asked for and given', async () => {
  save('1', 'sample_approval=BeforeCutover;');
  await shows('AwaitingApproval', {within: '.head', timeout: 120_000});
  await look('approval');
  await press('Approve');
  await page.waitForSelector('dialog[open]');
  await page.click('dialog button.primary');
  await shows('Healthy', {within: '.head', timeout: 120_000});
});

test('what a manifest says is text on the page, never markup', async () => {
  writeFileSync(join(dir, 'manifests', 'hostile.yaml'), 'apiVersion: teal/v1\nkind: Application\nmetadata: {name: hostile}\n' +
    'spec: {version: "1", image: sample, "<img src=x onerror=alert(1)>": 1, components: [{name: api, port: 1}]}\n');
  await open('#/');
  await shows('unknown key "<img src=', {within: '.warnings'});
  assert.equal(await page.$$eval('main img', (all) => all.length), 0);
  await open('#/events');
  await shows('ManifestRefused');
  await look('events');
});

test('an application that is not there is said not to be there', async () => {
  await open('#/applications/nobody');
  await shows('There is no application nobody');
});

test('a teald that hangs: a banner with the time of what is shown, in the title and the icon too; and it goes away', async () => {
  await open('#/applications/sample');
  process.kill(Number(teald), 'SIGSTOP');
  try {
    await shows('teald does not answer', {within: '#silence'});
    assert.match(await page.title(), /^⚠ teald does not answer/);
    assert.match(await page.$eval('link[rel=icon]', (link) => link.href), /icon-silent\.svg$/);
    await look('silent');
  } finally {
    process.kill(Number(teald), 'SIGCONT');
  }
  await page.waitForFunction(() => !document.querySelector('#silence'), {timeout: 30_000});
});
