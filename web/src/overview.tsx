// All applications, problems first, a line each; only the lines that can be seen are drawn.
import {signal} from '@preact/signals';
import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks';
import type {Application} from './api';
import {isSilent} from './connection';
import {EventList} from './event_list';
import {applicationNamed, applications, events, isListed, now, phaseCounts, rolloutNamed, watchedRollouts} from './model';
import {age, clock, lastChange, matches, readiness, severityOf, step, toneOf} from './words';

const search = signal('');
const label = signal('');
const phases = signal<ReadonlySet<string>>(new Set());

/** One line of the list, and whether its application is there still. */
interface Place { application: Application; isGone: boolean }

// Nothing moves under the hand: as long as the pointer is over the list, or the keyboard is in it, each line stays where
// it is, even if it would go elsewhere, is not looked for any more or is deleted; only what it says changes. What is new
// comes at the end. Another filter is another list.
const isPointedAt = signal(false);
let held: readonly Place[] = [];
let heldFor = '';

const isUnderHand = (): boolean => isPointedAt.value || Boolean(document.activeElement?.closest('.lines'));

function inPlace(found: readonly Application[], filters: string): readonly Place[] {
  if (!isUnderHand() || filters !== heldFor) {
    held = found.map((application) => ({application, isGone: false}));
    heldFor = filters;
    return held;
  }
  const known = new Set(held.map((each) => each.application.metadata!.name!));
  held = [
    ...held.map(({application}) => {
      const current = applicationNamed(application.metadata!.name!);
      return {application: current ?? application, isGone: !current};
    }),
    ...found.filter((each) => !known.has(each.metadata!.name!)).map((application) => ({application, isGone: false}))];
  return held;
}

function labelsOf(all: readonly Application[]): string[] {
  const found = new Set<string>();
  for (const each of all) for (const [key, value] of Object.entries(each.metadata?.labels ?? {})) found.add(`${key}=${value}`);
  return [...found].sort();
}

function Line({application, isGone}: Place) {
  const {metadata, spec, status} = application;
  const name = metadata!.name!;
  const phase = isGone ? 'Deleted' : status?.phase;
  const tone = toneOf(phase);
  const {ready, desired} = readiness(application);
  const rollout = rolloutNamed(status?.rollout);
  const at = phase === 'Progressing' ? step(rollout) : undefined;
  const active = status?.activeVersion;
  const wanted = spec?.version;
  const changed = lastChange(application);
  return <a class={`line ${tone}`} href={`#/applications/${encodeURIComponent(name)}`}>
    <span class="name">{name}</span>
    <span class="versions">{active ? active === wanted ? active : <>{active} <span aria-label="to">→</span> {wanted}</>
      : <>install {wanted}</>}</span>
    <span class="phase">{phase}{at ? <> <progress value={at.number} max={at.of} aria-label={`${rollout?.status?.phase}: step ${at.number} of ${at.of}`} /></> : null}</span>
    <span class={ready < desired && tone !== 'idle' ? 'ready attention-text' : 'ready'}>{ready}/{desired} ready</span>
    <time class="dim" dateTime={changed} title={clock(changed, now.value)}>{age(changed, now.value)}</time>
    <span class="dim message">{isGone || phase === 'Healthy' ? '' : status?.message}</span>
  </a>;
}

// The list is as it was left: who comes back from an application is where they were.
let lineHeight = 64;
let scrolledTo = 0;

function Window({all}: {all: readonly Place[]}) {
  const place = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(lineHeight);
  const [range, setRange] = useState<readonly [number, number]>([0, 40]);
  useLayoutEffect(() => {
    scrollTo(0, scrolledTo);
    return () => { isPointedAt.value = false; };  // what is not there any more says nothing of who leaves it
  }, []);
  useLayoutEffect(() => {
    const measure = (): void => {
      // The style sheet decides how high a line is: it is another number on a phone.
      lineHeight = Number.parseFloat(getComputedStyle(place.current!).getPropertyValue('--line-height')) || 64;
      scrolledTo = scrollY;
      const top = Math.max(0, -place.current!.getBoundingClientRect().top);
      setHeight(lineHeight);
      const first = Math.max(0, Math.floor(top / lineHeight) - 10);
      const last = Math.ceil((top + innerHeight) / lineHeight) + 10;
      setRange((old) => old[0] === first && old[1] === last ? old : [first, last]);
    };
    measure();
    addEventListener('scroll', measure, {passive: true});
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, [all.length]);
  // What comes or goes above the list, the banner or a warning, does not push it away under the hand either.
  void isSilent.value;
  const offset = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    const at = place.current!.getBoundingClientRect().top + scrollY;
    const moved = at - (offset.current ?? at);
    offset.current = at;
    if (moved && (isPointedAt.peek() || scrollY > 0)) scrollBy(0, moved);
  });
  const [first, last] = range;
  const shown = all.slice(first, last);
  const underWay = shown.filter(({application, isGone}) => !isGone && application.status?.phase === 'Progressing').map(({application}) => application.status!.rollout!);
  const wanted = underWay.join(' ');
  useEffect(() => { watchedRollouts.value = wanted ? wanted.split(' ') : []; }, [wanted]);
  return <div class="lines" ref={place} role="list" aria-label={`${all.length} applications`} style={{height: `${all.length * height}px`}}
    onPointerEnter={() => { isPointedAt.value = true; }} onPointerLeave={() => { isPointedAt.value = false; }}>
    {shown.map((each, place) => <div role="listitem" class="place" key={each.application.metadata!.name} aria-setsize={all.length} aria-posinset={first + place + 1}
      style={{transform: `translateY(${(first + place) * height}px)`}}><Line {...each} /></div>)}
  </div>;
}

/** Of no application: a manifest that was refused, a load balancer that is away. For a day. */
function OwnWarnings() {
  const since = new Date(now.value - 86_400_000).toISOString();
  const warnings = events.value.filter((each) => each.type === 'Warning' && !each.application && (each.time ?? '') > since);
  const latest = warnings.at(-1);
  if (!latest) return null;
  return <details class="card warnings"><summary><span class="attention-text">{warnings.length} warning{warnings.length === 1 ? '' : 's'} of no
    application</span>, the latest at {clock(latest.time, now.value)}: {latest.message}</summary><EventList events={warnings} limit={20} /></details>;
}

export function Overview() {
  void now.value;  // order comes back within a second after the hand has gone
  const all = applications.value;
  const labels = labelsOf(all);
  const found = all.filter((each) => (!phases.value.size || phases.value.has(each.status?.phase ?? '')) &&
    (!label.value || Object.entries(each.metadata?.labels ?? {}).some(([key, value]) => `${key}=${value}` === label.value)) &&
    (!search.value || matches(each, search.value)));
  const lines = inPlace(found, JSON.stringify([[...phases.value], label.value, search.value]));
  // At once: who comes back types before the browser has rested.
  useLayoutEffect(() => {
    const find = (event: KeyboardEvent): void => {
      if (event.key !== '/' || event.target instanceof HTMLInputElement) return;
      event.preventDefault();
      document.getElementById('search')?.focus();
    };
    addEventListener('keydown', find);
    return () => removeEventListener('keydown', find);
  }, []);
  const toggle = (phase: string): void => {
    const chosen = new Set(phases.value);
    if (!chosen.delete(phase)) chosen.add(phase);
    phases.value = chosen;
  };
  if (!isListed.value) return <p class="empty">Asking teald for its applications …</p>;
  if (!all.length) {
    return <><OwnWarnings /><p class="empty">No application yet: put a YAML file into the manifest folder, or let <code>teal init</code> write one.</p></>;
  }
  return <section aria-label="Applications">
    <OwnWarnings />
    <div class="filters">
      <input id="search" type="search" placeholder="Search  /" aria-label="Search by name, version or label" value={search.value}
        onInput={(event) => { search.value = event.currentTarget.value; }} />
      {labels.length ? <select aria-label="Only with the label" value={label.value} onChange={(event) => { label.value = event.currentTarget.value; }}>
        <option value="">any label</option>
        {labels.map((each) => <option key={each}>{each}</option>)}
      </select> : null}
      <div class="counts" role="group" aria-label="Only in the phase">
        {[...phaseCounts.value].sort(([a], [b]) => severityOf(a) - severityOf(b)).map(([phase, count]) =>
          <button key={phase} type="button" class={`count ${toneOf(phase)}`} aria-pressed={phases.value.has(phase)} onClick={() => toggle(phase)}>
            <strong>{count}</strong> {phase}</button>)}
      </div>
    </div>
    {lines.length ? <Window all={lines} /> : <p class="empty">Nothing is like that. <button type="button" onClick={() => {
      search.value = ''; label.value = ''; phases.value = new Set();
    }}>Show all {all.length}</button></p>}
  </section>;
}
