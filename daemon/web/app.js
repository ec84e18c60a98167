// The operators' page: a live tree application → revision → component → replica, from the REST API alone.
// Everything the API says goes into the page as text nodes, never as markup.
'use strict';

const base = '/apis/teal/v1/';
// `path`, the phases on a rollout's way, and `tones`, what each phase means, are in /web/phases.js, which teald makes.
const applications = new Map();
const rollouts = new Map();
let events = [];

function element(tag, options = {}, ...children) {
  const made = document.createElement(tag);
  if (options.className) made.className = options.className;
  if (options.title) made.title = options.title;
  if (options.dateTime) made.dateTime = options.dateTime;
  for (const child of children) {
    if (child !== null && child !== undefined && child !== '') made.append(child);
  }
  return made;
}

function seconds(from, to) {
  const length = (to ? Date.parse(to) : Date.now()) - Date.parse(from);
  if (!Number.isFinite(length) || length < 0) return '';
  if (length < 10000) return (length / 1000).toFixed(1) + ' s';
  if (length < 120000) return Math.round(length / 1000) + ' s';
  if (length < 7200000) return Math.round(length / 60000) + ' min';
  return Math.round(length / 3600000) + ' h';
}

function timeline(status) {
  const list = element('ol', {className: 'timeline'});
  const spans = status.phases || [];
  for (const [place, span] of spans.entries()) {
    const next = spans[place + 1];
    const wentWrong = status.failure && status.phase !== 'Superseded' && next && next.phase === 'RollingBack';
    const isNow = !span.finishedAt && span.phase === status.phase && span.phase !== 'Complete';
    const tone = tones[span.phase] === 'bad' || wentWrong ? 'bad' : isNow ? 'now' : 'done';
    const took = span.phase === 'Complete' ? '' : ' ' + seconds(span.startedAt, span.finishedAt);
    const item = element('li', {className: tone}, span.phase + took);
    if (isNow) item.setAttribute('aria-current', 'step');
    list.append(item);
  }
  // What is still to come, unless it is on its way back.
  const furthest = Math.max(-1, ...spans.map((span) => path.indexOf(span.phase)));
  const isForward = path.includes(status.phase) || status.phase === 'AwaitingApproval';
  if (!status.finishedAt && isForward) list.append(...path.slice(furthest + 1).map((phase) => element('li', {}, phase)));
  return list;
}

function jobs(status) {
  const list = element('ul');
  const hooks = (status.hooks || []).filter((hook) => hook.attempts > 0);
  for (const job of [...(status.migration || []), ...hooks]) {
    const title = (job.hook ? job.hook + ' hook ' : 'migration ') + job.job + ': ';
    const tone = job.state === 'Failed' || job.state === 'Unknown' ? 'bad-text' : job.state === 'Running' ? 'busy-text' : '';
    const words = [job.attempts > 1 ? job.attempts + ' attempts' : '', job.exitCode ? 'exit code ' + job.exitCode : '',
      job.startedAt ? seconds(job.startedAt, job.finishedAt) : '', job.message || ''].filter(Boolean).join(', ');
    list.append(element('li', {}, title, element('span', {className: tone}, job.state), words ? ' (' + words + ')' : ''));
  }
  return list.childNodes.length ? list : null;
}

function pull(status) {
  const progress = status.pull;
  if (!progress || !progress.layers || status.finishedAt) return null;
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const words = 'image: ' + progress.layersDone + ' of ' + progress.layers + ' layers' +
    (progress.bytes ? ', ' + megabytes(progress.bytesDone) + ' of ' + megabytes(progress.bytes) + ' MB ' : '');
  const line = element('p', {}, words);
  if (progress.bytes) {
    const bar = element('progress');
    bar.max = progress.bytes;
    bar.value = progress.bytesDone;
    line.append(bar);
  }
  return line;
}

function analyses(status) {
  const list = element('ul');
  for (const analysis of status.analysis || []) {
    const tone = analysis.state === 'Passing' ? 'good-text' : analysis.state === 'Failing' ? 'bad-text' : 'busy-text';
    const words = [analysis.answer, analysis.limit, analysis.failures ? analysis.failures + ' failures in a row' : ''].filter(Boolean).join(', ');
    list.append(element('li', {}, 'analysis ' + analysis.name + ': ', element('span', {className: tone}, analysis.state), ' (' + words + ')'));
  }
  return list.childNodes.length ? list : null;
}

function evidence(status) {
  const seen = status.evidence;
  if (!seen || status.phase === 'Complete') return null;
  const list = element('ul');
  for (const each of seen.containers || []) {
    const words = [each.exitCode !== undefined ? 'exit code ' + each.exitCode : each.state, each.outOfMemory ? 'out of memory' : '',
      each.answer ? 'answered ' + each.answer : '', each.engineError || ''].filter(Boolean).join(', ');
    const told = each.log || each.body;
    list.append(element('li', {}, element('code', {}, each.container), ': ' + words, told ? element('pre', {}, told) : null));
  }
  for (const each of seen.servers || []) {
    list.append(element('li', {className: 'dim'}, each.loadBalancer + '/' + each.backend + ' ', element('code', {}, each.server),
      ' ' + each.state + (each.check ? ': ' + each.check : '') + ', ' + each.sessions + ' sessions, ' + each.errors + ' errors' +
      (each.removed ? ', removed when its replica ended' : '')));
  }
  for (const each of seen.loadBalancerProblems || []) list.append(element('li', {className: 'bad-text'}, each.message));
  return element('div', {}, element('h4', {}, 'What was seen when it failed'), list);
}

function milliseconds(time) { return Number((time * 1000).toPrecision(3)) + ' ms'; }

// `said`: what stands above it already; one cause is not told three times.
function rolloutTree(rollout, said) {
  const status = rollout.status || {};
  const versions = (status.fromVersion ? status.fromVersion + ' → ' : 'install ') + (status.toVersion || '');
  const traffic = status.traffic || {probes: 0, failed: 0};
  return element('div', {},
    element('h3', {}, 'Rollout ' + rollout.metadata.name),
    element('p', {className: 'row why'}, element('span', {className: 'phase ' + (tones[status.phase] || 'busy')}, status.phase || ''),
      element('span', {}, versions), element('span', {className: 'dim'}, seconds(status.startedAt, status.finishedAt))),
    status.message && !said.includes(status.message) ? element('p', {className: 'why'}, status.message) : null,
    status.failure && status.failure !== status.message && !said.includes(status.failure) ? element('p', {className: 'why bad-text'}, status.failure) : null,
    status.rollback ? element('p', {className: 'why'}, 'back to revision ' + status.rollback.toRevision + ', asked for by ' +
      status.rollback.by + (status.rollback.message ? '; ' + status.rollback.message : '')) : null,
    timeline(status),
    pull(status),
    evidence(status),
    jobs(status),
    analyses(status),
    element('p', {className: 'why dim'}, 'teald’s own requests through the load balancer: ', String(traffic.probes), ', failed: ',
      element('span', {className: traffic.failed > 0 ? 'bad-text' : 'good-text'}, String(traffic.failed)),
      traffic.latencySeconds ? ', p50 ' + milliseconds(traffic.latencySeconds.p50) + ', p99 ' +
        milliseconds(traffic.latencySeconds.p99) + ', max ' + milliseconds(traffic.latencySeconds.max) : null,
      traffic.loadBalancerErrors > 0 ? element('span', {className: 'bad-text'}, ', errors that the load balancer counted: ' +
        traffic.loadBalancerErrors) : null));
}

function componentTable(component, revision) {
  const replicas = (component.replicas || []).filter((replica) => replica.revision === revision);
  if (!replicas.length) return null;
  const head = element('tr');
  for (const title of ['Replica', 'State', 'Health', 'Load balancer', 'Sessions', 'Address']) {
    const cell = element('th', {}, title);
    cell.scope = 'col';
    head.append(cell);
  }
  const body = element('tbody');
  for (const replica of replicas) {
    const healthTone = replica.health && replica.health.startsWith('healthy') ? 'good-text' : '';
    const balancerTone = replica.loadBalancer === 'Up' ? 'good-text' : replica.loadBalancer === 'Down' ? 'bad-text' : '';
    body.append(element('tr', {},
      element('td', {}, element('code', {}, replica.name)), element('td', {}, replica.state),
      element('td', {className: healthTone}, replica.health), element('td', {className: balancerTone}, replica.loadBalancer || '–'),
      element('td', {}, replica.loadBalancer ? String(replica.sessions) : '–'), element('td', {}, element('code', {}, replica.address || '–'))));
  }
  return element('div', {},
    element('h4', {}, component.name + ': ' + component.ready + ' of ' + component.desired + ' ready'),
    element('div', {className: 'scroll'}, element('table', {}, element('thead', {}, head), body)));
}

function revisionTrees(status) {
  const numbers = new Set();
  for (const component of status.components || []) {
    for (const replica of component.replicas || []) numbers.add(replica.revision);
  }
  return [...numbers].sort((a, b) => b - a).map((number) => element('div', {},
    element('h3', {}, 'Revision ' + number + (number === status.activeRevision ? ' (active)' : '')),
    ...(status.components || []).map((component) => componentTable(component, number))));
}

function applicationTree(application) {
  const status = application.status || {};
  const tone = tones[status.phase] || 'attention';
  const file = (application.metadata.annotations || {})['teal/manifest-file'];
  const said = status.message || '';
  const unmet = (status.conditions || []).filter((each) => each.status === 'False' && each.type !== 'Progressing' && each.message && !said.includes(each.message));
  const rollout = rollouts.get(status.rollout);
  return element('article', {className: tone},
    element('div', {className: 'row'}, element('h2', {}, application.metadata.name),
      element('span', {className: 'phase ' + tone}, status.phase || ''),
      element('span', {}, status.activeVersion ? 'version ' + status.activeVersion : 'nothing serves yet'),
      file ? element('code', {className: 'dim'}, file) : null),
    status.message ? element('p', {className: 'why'}, status.message) : null,
    unmet.length ? element('ul', {}, ...unmet.map((each) => element('li', {}, element('strong', {}, each.type + ': '), each.message))) : null,
    rollout ? rolloutTree(rollout, said) : null,
    ...revisionTrees(status));
}

// With the day unless it is today; 24 hours, as logs have it.
function clock(time) {
  const then = new Date(time);
  const hours = then.toLocaleTimeString([], {hourCycle: 'h23', hour: '2-digit', minute: '2-digit', second: '2-digit'});
  return then.toDateString() === new Date().toDateString() ? hours : then.toLocaleDateString([], {month: 'short', day: 'numeric'}) + ' ' + hours;
}

function eventLine(event) {
  const object = event.involvedObject || {};
  return element('li', {},
    element('time', {dateTime: event.time, title: event.time}, clock(event.time)),
    element('strong', {className: event.type === 'Warning' ? 'attention-text' : ''}, event.reason), ' ',
    element('code', {className: 'dim'}, (object.kind || '') + '/' + (object.name || '')), ' ', event.message);
}

let listed = false;  // teald has said which applications there are
let scheduled = false;
function show() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    const trees = [...applications.values()].sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1).map(applicationTree);
    const place = document.getElementById('applications');
    const none = listed ? 'No application yet: put a YAML file into the manifest folder.' : 'Asking teald for its applications …';
    place.replaceChildren(...(trees.length ? trees : [element('p', {className: 'empty'}, none)]));
    const lines = events.slice(-100).reverse().map(eventLine);
    document.getElementById('events').replaceChildren(...(lines.length ? lines : [element('li', {className: 'empty'}, 'Nothing has happened yet.')]));
  });
}

// Kept for as long as this tab is open, and sent to nobody but the teald that the page came from.
let token = sessionStorage.getItem('teal-token') || '';

async function ask(target) {
  const answer = await fetch(target, {cache: 'no-store', headers: token ? {Authorization: 'Bearer ' + token} : {}});
  if (answer.ok) {
    document.getElementById('sign-in').hidden = true;
    return answer;
  }
  if (answer.status === 401 || answer.status === 403) {
    const body = await answer.json().catch(() => ({}));
    wantToken(answer.status === 401 ? token && 'That token is not good here (any more).' : body.message);
    throw new Error('teald wants a token');
  }
  throw new Error('teald does not answer as it should (' + answer.status + '); trying again');
}

function wantToken(why) {
  applications.clear();
  rollouts.clear();
  events = [];
  show();
  document.getElementById('refused').textContent = why || '';
  document.getElementById('sign-in').hidden = false;
}

document.getElementById('sign-in').addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  token = document.getElementById('token').value.trim();
  document.getElementById('token').value = '';
  sessionStorage.setItem('teal-token', token);
  for (const goOn of waiting.splice(0)) goOn();
});

async function read(target) { return (await ask(target)).json(); }

const reading = new Set();
async function readRollout(name) {
  if (!name || reading.has(name)) return;
  reading.add(name);
  try {
    rollouts.set(name, await read(base + 'rollouts/' + encodeURIComponent(name)));
  } catch (error) {
    rollouts.delete(name);
  } finally {
    reading.delete(name);
  }
  show();
}

function say(text) { document.getElementById('connection').textContent = text; }
// Ended early by a new token.
const waiting = [];
const pause = (milliseconds) => new Promise((done) => {
  waiting.push(done);
  setTimeout(() => {
    if (waiting.includes(done)) waiting.splice(waiting.indexOf(done), 1);
    done();
  }, milliseconds);
});

// One line of JSON a change; returns when the stream ends.
async function watch(target, take) {
  const answer = await ask(target);
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    rest += decoder.decode(value, {stream: true});
    const lines = rest.split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line) take(JSON.parse(line));
    }
    show();
  }
}

async function forever(begin, once) {
  for (;;) {
    try {
      begin();
      await once();
    } catch (error) {
      say(error instanceof TypeError ? 'teald does not answer; trying again' : error.message);
    }
    await pause(document.getElementById('sign-in').hidden ? 1000 : 10000);
  }
}

let version = false;
function readVersion() {
  if (version) return;
  version = true;
  read('/version').then((build) => {
    document.getElementById('version').textContent = 'teald ' + build.version + ' (' + build.revision + ')';
  }).catch(() => { version = false; });
}

function take(change) {
  say('live');
  listed = true;
  readVersion();
  const application = change.object;
  if (change.type === 'BOOKMARK') return;
  if (change.type === 'DELETED') {
    applications.delete(application.metadata.name);
    return;
  }
  applications.set(application.metadata.name, application);
  readRollout((application.status || {}).rollout);
}

forever(() => applications.clear(), () => watch(base + 'applications?watch=true', take));
forever(() => { events = []; }, () => watch(base + 'events?watch=true&limit=100', (change) => {
  if (change.type === 'ADDED') events.push(change.object);
  if (events.length > 500) events = events.slice(-200);
}));
// What takes time (durations, a rollout's counts) moves on even when nothing changes.
setInterval(() => {
  for (const application of applications.values()) {
    const status = application.status || {};
    const rollout = rollouts.get(status.rollout);
    if (!rollout || !rollout.status.finishedAt) readRollout(status.rollout);
  }
}, 1000);
show();
