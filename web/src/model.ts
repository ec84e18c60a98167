// What the page knows: applications, the rollouts that matter, events. Kept by lists and watches, drawn once a frame.
import {computed, effect, signal} from '@preact/signals';
import {type Application, type Event, type Rollout, base, rolloutAt} from './api';
import {Refused, inform, read, session, signIn} from './connection';
import {hasEnded, severityOf} from './words';

const applicationsByName = new Map<string, Application>();
const rolloutsByName = new Map<string, Rollout>();

/** Moves when anything above did, at most once a frame. */
const moved = signal(0);
export const isListed = signal(false);
export const now = signal(Date.now());
export const events = signal<readonly Event[]>([]);

let isScheduled = false;
function changed(): void {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    moved.value += 1;
  });
}

export function applicationNamed(name: string): Application | undefined {
  void moved.value;
  return applicationsByName.get(name);
}

export function rolloutNamed(name: string | undefined): Rollout | undefined {
  void moved.value;
  return rolloutsByName.get(name ?? '');
}

export const applications = computed<readonly Application[]>(() => {
  void moved.value;
  return [...applicationsByName.values()].sort((a, b) =>
    severityOf(a.status?.phase) - severityOf(b.status?.phase) || (a.metadata!.name! < b.metadata!.name! ? -1 : 1));
});

export const phaseCounts = computed<ReadonlyMap<string, number>>(() => {
  const counts = new Map<string, number>();
  for (const each of applications.value) {
    const phase = each.status?.phase ?? '';
    counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  return counts;
});

const reading = new Set<string>();
export async function readRollout(name: string | undefined): Promise<void> {
  if (!name || reading.has(name)) return;
  reading.add(name);
  try {
    rolloutsByName.set(name, await read<Rollout>(rolloutAt(name)));
  } catch (error) {
    // An answer that was lost says nothing of the rollout.
    if (error instanceof Refused) rolloutsByName.delete(name);
  } finally {
    reading.delete(name);
  }
  changed();
}

export function keepRollouts(items: readonly Rollout[]): void {
  for (const each of items) rolloutsByName.set(each.metadata!.name!, each);
  changed();
}

/** Whose rollouts are read again as time goes on: what is under way and can be seen. */
export const watchedRollouts = signal<readonly string[]>([]);

function forget(): void {
  applicationsByName.clear();
  rolloutsByName.clear();
  isListed.value = false;
  events.value = [];
  changed();
}

/** Ends the streams of the session before, and begins those of this one. */
export function start(): void {
  let running = new AbortController();
  effect(() => {
    void session.value;
    running.abort();
    running = new AbortController();
    const {signal: until} = running;
    void inform<Application>(`${base}applications`, until, (items) => {
      applicationsByName.clear();
      for (const each of items) applicationsByName.set(each.metadata!.name!, each);
      isListed.value = true;
      changed();
    }, ({type, object}) => {
      if (type === 'DELETED') applicationsByName.delete(object.metadata!.name!);
      else applicationsByName.set(object.metadata!.name!, object);
      const rollout = object.status?.rollout;
      if (watchedRollouts.peek().includes(rollout ?? '')) void readRollout(rollout);
      changed();
    });
    void inform<Event>(`${base}events`, until, (items) => { events.value = items.slice(-500); },
      ({object}) => { events.value = [...events.peek().slice(-499), object]; });
  });
  effect(() => { if (signIn.value !== undefined) forget(); });
  effect(() => {
    for (const name of watchedRollouts.value) if (!rolloutsByName.has(name)) void readRollout(name);
  });
  setInterval(() => {
    now.value = Date.now();
    for (const name of watchedRollouts.peek()) if (!hasEnded(rolloutsByName.get(name))) void readRollout(name);
  }, 1000);
}
