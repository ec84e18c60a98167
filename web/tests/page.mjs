// The page in Chromium against a real teald: tests/web/page_test has started everything and says where in PAGE_*.
// Each story begins with a page that was just loaded and an application in a state of its own, so that one that fails
// spoils no other; pictures go to PAGE_PICTURES, if given. Nothing here depends on how fast the machine is: what passes by
// itself is held until it was seen, what is waited for is waited for as long as patience lasts. PAGE_SLOWNESS=10: the page
// runs as on a machine ten times as slow.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, afterEach, before, test} from 'node:test';
import {fileURLToPath} from 'node:url';
import puppeteer from 'puppeteer-core';

const {PAGE_URL: url, PAGE_DIR: dir, PAGE_PICTURES: pictures, PAGE_TEALD: teald, PAGE_SLOWNESS: slowness = '1'} = process.env;
const patience = 240_000;
const axe = readFileSync(fileURLToPath(import.meta.resolve('axe-core/axe.min.js')), 'utf8');
const token = (role) => readFileSync(join(dir, 'access', role), 'utf8').trim();
const save = (version, settings = '') => execFileSync('bash', ['-c', 'source "$0" "$@"', join(dir, 'save_version'), version, settings]);
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function rest(method, path) {
  const answer = await fetch(`${url}/apis/teal/v1/${path}`, {method, headers: {Authorization: `Bearer ${token('admin')}`}});
  return answer.json();
}

/** The sample application, with nothing under way, at this version. */
async function settled(version) {
  const until = Date.now() + patience;
  save(version);
  for (;;) {
    const {spec, status} = await rest('GET', 'applications/sample');
    if (status?.phase === 'Healthy' && status.activeVersion === version) return;
    if (status?.phase === 'Paused') await rest('POST', 'applications/sample/resume');
    if (status?.phase === 'AwaitingApproval') await rest('POST', 'applications/sample/approve');
    if (status?.phase === 'Degraded' && spec.version === version) await rest('POST', 'applications/sample/retry');
    assert.ok(Date.now() < until, `the sample application does not come to rest at version ${version}: ${JSON.stringify(status)}`);
    await pause(250);
  }
}

let browser;
let page;
const complaints = [];

/** Waits until the page shows the text; says what it showed instead. */
async function shows(text, {within = 'body'} = {}) {
  try {
    await page.waitForFunction((wanted, selector) => document.querySelector(selector)?.innerText.replace(/\s+/g, ' ').includes(wanted), {polling: 100}, text, within);
  } catch {
    const shown = await page.$eval('body', (element) => element.innerText);
    assert.fail(`"${text}" is not in ${within} after ${patience} ms; the page shows:\n${shown.slice(0, 3000)}`);
  }
}

async function press(text) {
  await page.waitForFunction((wanted) => {
    const found = [...document.querySelectorAll('button:enabled')].findLast((each) => each.innerText.startsWith(wanted));
    found?.click();
    return Boolean(found);
  }, {polling: 100}, text);
}

/** The one that a dialog is about: its last button. */
async function confirm() {
  await page.waitForSelector('dialog[open]');
  await page.waitForFunction(() => {
    const dialog = document.querySelector('dialog[open]');
    dialog?.querySelector('.row.end button:last-child:enabled')?.click();
    return !dialog;
  }, {polling: 500});
}

const linesAre = (count) => page.waitForFunction((wanted) => document.querySelectorAll('.line').length === wanted, {}, count);
const listIsOf = (count) => page.waitForFunction((wanted) => document.querySelector('.lines')?.ariaLabel === `${wanted} applications`, {}, count);

async function titleAndIcon(title, icon) {
  await page.waitForFunction((words, name) => document.title.startsWith(words) && document.querySelector('link[rel=icon]').href.endsWith(name), {}, title, icon);
}

/** Until what the page shows has changed so many times. */
const changes = (count) => page.$eval('#main', (main, wanted) => new Promise((done) => {
  let seen = 0;
  const observer = new MutationObserver(() => { if (++seen >= wanted) { observer.disconnect(); done(); } });
  observer.observe(main, {subtree: true, childList: true, characterData: true, attributes: true});
}), count);

const drawn = () => page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(() => done())); }));

/**
 * A page that was just loaded. Chromium gives up what it loads when a network interface comes or goes, as they do with
 * other people's containers on this machine: then again.
 */
async function load(hash = '#/') {
  const until = Date.now() + patience;
  for (;;) {
    try {
      await page.goto('about:blank');
      await page.goto(`${url}/${hash}`);
      await page.waitForSelector('#token', {timeout: patience / 10});
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(500);
    }
  }
}

async function signIn(role, hash = '#/') {
  await load(hash);
  await page.type('#token', token(role));
  await page.keyboard.press('Enter');
  await shows('live', {within: '#connection'});
  await page.waitForSelector(hash === '#/' ? '.line' : 'main h2');
}

/** In light and dark, wide and narrow: a picture, nothing that axe has against it, nothing wider than the window. */
async function look(name) {
  for (const scheme of ['light', 'dark']) {
    await page.emulateMediaFeatures([{name: 'prefers-color-scheme', value: scheme}, {name: 'prefers-reduced-motion', value: 'reduce'}]);
    for (const [size, width] of [['wide', 1200], ['narrow', 390]]) {
      await page.setViewport({width, height: 900});
      await drawn();
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
  browser = await puppeteer.launch({executablePath: '/usr/bin/chromium', headless: true, args: ['--no-sandbox'], protocolTimeout: 2 * patience});
  page = await browser.newPage();
  await page.setViewport({width: 1200, height: 900});
  page.setDefaultTimeout(patience);
  await page.emulateCPUThrottling(Number(slowness));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => { if (/Content Security Policy/i.test(message.text())) complaints.push(message.text()); });
});
afterEach(() => assert.deepEqual(complaints.splice(0), [], 'errors of the page'));
after(() => browser?.close());

test('a token is asked for; a wrong one is said to be wrong; a right one stays in memory alone', async () => {
  await load();
  await look('sign-in');
  await page.type('#token', 'teal_nonsense');
  await page.keyboard.press('Enter');
  await shows('That token is not good here', {within: '#sign-in'});
  await page.$eval('#token', (field) => field.select());
  await page.type('#token', token('viewer'));
  await page.keyboard.press('Enter');
  await page.waitForSelector('.line');
  assert.equal(await page.evaluate(() => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])), '[{},{},""]');
});

test('2,000 applications: a line each, problems first, found by name, label and phase, few of them drawn', async () => {
  await signIn('viewer');
  await shows('1 Healthy', {within: '.counts'});
  await shows('2000 Suspended', {within: '.counts'});
  assert.ok(await page.$$eval('.line', (all) => all.length) < 80);
  await look('overview');
  await page.keyboard.press('/');
  await page.keyboard.type('sample');
  await linesAre(1);
  await page.$eval('#search', (field) => { field.value = ''; field.dispatchEvent(new Event('input', {bubbles: true})); });
  await page.select('select', 'team=1');
  await listIsOf(667);
  await page.select('select', '');
  await press('1 Healthy');
  await linesAre(1);
});

test('scrolling through all of them leaves no frame out for long; who comes back from one is where they were', async () => {
  await signIn('viewer');
  await listIsOf(2001);
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
  await page.waitForFunction(() => document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.closest('.line'));
  const before = await page.evaluate(() => scrollY);
  assert.ok(before > 50_000, `scrolled to ${before} px`);
  await page.mouse.click(600, 450);
  await page.waitForSelector('h2');
  assert.equal(await page.evaluate(() => scrollY), 0);
  await page.goBack();
  await page.waitForSelector('.line');
  await drawn();
  assert.equal(await page.evaluate(() => scrollY), before);
});

// What a person does: the pointer goes to a line, they read it, press, and let go a moment later; meanwhile applications
// change, come before it and go.
test('50 changes a second lose no click, and none lands on a neighbour', async () => {
  await signIn('viewer');
  const manifest = (name, version) => `apiVersion: teal/v1\nkind: Application\nmetadata: {name: ${name}, labels: {team: "0"}}\n` +
    `spec: {version: "${version}", image: sample, suspend: true, components: [{name: api, port: 8000}]}\n`;
  const put = (file, text) => {
    writeFileSync(join(dir, 'new'), text);
    renameSync(join(dir, 'new'), join(dir, 'manifests', file));
  };
  const names = (from) => Array.from({length: 4}, (_, place) => `quiet-${String(from * 4 + place + 1).padStart(4, '0')}`);
  let written = 0;
  let isOver = false;
  const passing = join(dir, 'manifests', 'passing.yaml');
  const writes = (async () => {
    while (!isOver) {
      // Four applications a file.
      const file = written % 500;
      put(`quiet-${String(file).padStart(4, '0')}.yaml`, names(file).map((name) => manifest(name, `2.${written}`)).join('---\n'));
      // Three that would stand before all others, there and gone again.
      if (written % 10 === 0) put('passing.yaml', ['a', 'b', 'c'].map((name) => manifest(`before-${name}`, '1')).join('---\n'));
      if (written % 10 === 5) rmSync(passing, {force: true});
      written += 1;
      await pause(80);
    }
    rmSync(passing, {force: true});
  })();
  try {
    for (let click = 0; click < 20; ++click) {
      // Every height of a line, and the gap below it too.
      await page.mouse.move(450 + click, 350 + click * 7);
      const name = await (await page.waitForFunction(() => document.querySelector('.line:hover .name')?.innerText)).jsonValue();
      await changes(3);
      await page.mouse.down();
      await changes(2);
      await page.mouse.up();
      await page.waitForSelector('h2');
      assert.equal(await page.$eval('h2, .empty', (element) => element.innerText), name);
      await page.goBack();
      await page.waitForSelector('.line');
    }
  } finally {
    isOver = true;
    await writes;
  }
  console.log(`${written * 4} applications changed during 20 clicks`);
  assert.ok(written > 10);
});

test('by keyboard alone: from the list into an application and back', async () => {
  await signIn('viewer');
  await page.keyboard.press('/');
  await page.keyboard.type('sample');
  await linesAre(1);
  await page.focus('.line');
  await page.keyboard.press('Enter');
  await shows('sample', {within: 'h2'});
  assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  await page.goBack();
  await page.waitForSelector('#search');
  await page.keyboard.press('/');  // at once
  assert.equal(await page.evaluate(() => document.activeElement.id), 'search');
});

test('a viewer who tries a verb is told which role would do, and which command does the same', async () => {
  await signIn('viewer', '#/applications/sample');
  await press('Plan');
  await shows('operator', {within: '[aria-label=Answer]'});
  await press('Close');
});

test('an upgrade: phases with their times, old and new side by side, the bake counted down, the title says it', async () => {
  await settled('1');
  await signIn('operator', '#/applications/sample');
  save('2', 'sample_bake=1h');
  await shows('1 → 2');
  await shows('the old version goes in');
  await shows('Version 1 revision');
  await shows('Version 2 revision');
  await shows('last time');
  await shows('migration default: Succeeded');
  await titleAndIcon('sample Progressing', 'icon-busy.svg');
  await look('upgrade');
});

test('a pause halts it, its dialog says what happens and how to type it, and nothing open is taken away by updates', async () => {
  await settled('1');
  save('2', 'sample_bake=1h');
  await signIn('operator', '#/applications/sample');
  await shows('the old version goes in');
  await press('Pause');
  await page.waitForSelector('dialog[open]');
  await look('dialog');
  await page.type('dialog input', "it's late");
  await shows("teal pause sample --reason 'it'\\''s late'", {within: 'dialog'});
  await changes(3);
  assert.equal(await page.$eval('dialog input', (field) => field.value), "it's late");
  await page.keyboard.press('Enter');
  await shows('Paused', {within: '.head'});
  await press('Resume');
  await confirm();
  await shows('Progressing', {within: '.head'});
  await press('Abort');
  await confirm();
  await shows('RolledBack');
  await shows('version 1', {within: '.head'});
});

test('logs follow, and what is selected stays so', async () => {
  await settled('1');
  await signIn('viewer', '#/applications/sample');
  await page.waitForSelector('details h3');
  await page.evaluate(() => { document.querySelectorAll('summary').forEach((each) => { if (!each.parentElement.open) each.click(); }); });
  await page.waitForFunction(() => document.querySelector('pre.log')?.innerText.length > 20);
  await page.evaluate(() => getSelection().selectAllChildren(document.querySelector('h2')));
  await changes(5);
  assert.equal(await page.evaluate(() => getSelection().toString()), 'sample');
  await look('healthy');
});

test('a version that never gets healthy: what happened, what was seen, and what can be done', async () => {
  await settled('2');
  await signIn('operator', '#/applications/sample');
  save('3', 'sample_startup=3s');
  await shows('RolledBack');
  await shows('What was seen when it failed');
  await shows('Retry');
  await shows('version 2', {within: '.head'});
  await look('rolled-back');
  await page.click('h1 a');
  await page.waitForFunction(() => document.querySelector('.line .name')?.innerText === 'sample');  // problems first
});

test('a migration that fails leaves the old version serving, and its log is at hand', async () => {
  await settled('2');
  await signIn('operator', '#/applications/sample');
  save('4');
  await shows('migration default: Failed');
  await shows('version 2', {within: '.head'});
  await look('migration-failed');
});

test('approval is asked for and given', async () => {
  await settled('2');
  await signIn('operator', '#/applications/sample');
  save('1', 'sample_approval=BeforeCutover');
  await shows('AwaitingApproval', {within: '.head'});
  await look('approval');
  await press('Approve');
  await confirm();
  await shows('Healthy', {within: '.head'});
  await shows('version 1', {within: '.head'});
});

test('what a manifest says is text on the page, never markup', async () => {
  await signIn('viewer');
  writeFileSync(join(dir, 'manifests', 'hostile.yaml'), 'apiVersion: teal/v1\nkind: Application\nmetadata: {name: hostile}\n' +
    'spec: {version: "1", image: sample, "<img src=x onerror=alert(1)>": 1, components: [{name: api, port: 1}]}\n');
  await shows('unknown key "<img src=', {within: '.warnings'});
  assert.equal(await page.$$eval('main img', (all) => all.length), 0);
  await page.click('nav a[href="#/events"]');
  await page.waitForSelector('#events-title');
  await shows('ManifestRefused');
  await look('events');
  rmSync(join(dir, 'manifests', 'hostile.yaml'));
});

test('an answer that is lost half way through the list is asked for again', async () => {
  let lost = 0;
  const lose = (request) => {
    if (lost || !request.url().includes('continue=')) return void request.continue();
    lost += 1;
    void request.abort('failed');
  };
  await page.setRequestInterception(true);
  page.on('request', lose);
  try {
    await signIn('viewer');
    await page.waitForFunction(() => /^200[1-9] applications$/.test(document.querySelector('.lines')?.ariaLabel));
    assert.equal(lost, 1);
  } finally {
    page.off('request', lose);
    await page.setRequestInterception(false);
  }
});

test('an application that is not there is said not to be there', async () => {
  await signIn('viewer');
  await page.evaluate(() => { location.hash = '#/applications/nobody'; });
  await shows('There is no application nobody');
});

test('a teald that hangs: a banner with the time of what is shown, in the title and the icon too; and it goes away', async () => {
  await signIn('viewer', '#/applications/sample');
  process.kill(Number(teald), 'SIGSTOP');
  try {
    await shows('teald does not answer', {within: '#silence'});
    await titleAndIcon('⚠ teald does not answer', 'icon-silent.svg');
    await look('silent');
  } finally {
    process.kill(Number(teald), 'SIGCONT');
  }
  await page.waitForFunction(() => !document.querySelector('#silence'));
});
