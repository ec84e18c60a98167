// Times, durations and colours in the words that people read. Pure: no DOM, no clock of its own.
import type {Application, Rollout} from './api';

/** What teald itself tells of phases, in /web/phases.js: those on a rollout's way, and the class of each. */
declare global {
  const path: readonly string[];
  const tones: Readonly<Record<string, Tone>>;
}

export type Tone = 'good' | 'idle' | 'busy' | 'attention' | 'bad';

export const toneOf = (phase: string | undefined): Tone => tones[phase ?? ''] ?? 'attention';

/** Worst first; what is the same in this comes by name. */
const severity: Readonly<Record<string, number>> = {
  Degraded: 0, AwaitingApproval: 1, Paused: 2, Progressing: 3, Suspended: 4, Healthy: 5};

export const severityOf = (phase: string | undefined): number => severity[phase ?? ''] ?? 0;

/** Milliseconds → "350 ms", "3.4 s", "12 min", "5 h", "3 d". */
export function length(milliseconds: number): string {
  if (!Number.isFinite(milliseconds) || milliseconds < 0) return '';
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  if (milliseconds < 120_000) return `${Math.round(milliseconds / 1000)} s`;
  if (milliseconds < 7_200_000) return `${Math.round(milliseconds / 60_000)} min`;
  if (milliseconds < 172_800_000) return `${Math.round(milliseconds / 3_600_000)} h`;
  return `${Math.round(milliseconds / 86_400_000)} d`;
}

/** How long ago a time is, for a list: "now", "12 s", "5 min". Whole seconds, so that it does not flicker. */
export function age(time: string | undefined, now: number): string {
  if (!time) return '';
  const passed = now - Date.parse(time);
  if (!Number.isFinite(passed)) return '';
  if (passed < 1000) return 'now';
  if (passed < 120_000) return `${Math.floor(passed / 1000)} s`;
  return length(passed);
}

/** From `from` to `to`, or to `now` while there is no end. */
export const between = (from: string | undefined, to: string | undefined, now: number): string =>
  from ? length((to ? Date.parse(to) : now) - Date.parse(from)) : '';

/** 24 hours, as logs have it; with the day unless it is today. */
export function clock(time: string | undefined, now: number): string {
  if (!time) return '';
  const then = new Date(time);
  const hours = then.toLocaleTimeString('en-GB', {hourCycle: 'h23'});
  const isToday = then.toDateString() === new Date(now).toDateString();
  return isToday ? hours : `${then.toLocaleDateString('en-GB', {day: 'numeric', month: 'short'})} ${hours}`;
}

/** A duration of a manifest ("1h30m", "500ms") in milliseconds; NaN if it is none. */
export function duration(text: string | undefined): number {
  if (!text) return Number.NaN;
  const units: Readonly<Record<string, number>> = {ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000};
  let total = 0;
  let rest = text;
  while (rest) {
    const part = /^([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)/.exec(rest);
    if (!part) return Number.NaN;
    total += Number(part[1]) * (units[part[2] ?? ''] ?? Number.NaN);
    rest = rest.slice(part[0].length);
  }
  return total;
}

/** When anything about it changed last; empty if nothing says. */
export function lastChange(application: Application): string {
  let latest = application.metadata?.creationTimestamp ?? '';
  for (const condition of application.status?.conditions ?? []) {
    if ((condition.lastTransitionTime ?? '') > latest) latest = condition.lastTransitionTime ?? '';
  }
  return latest;
}

/** Ready and wanted replicas over all components. */
export function readiness(application: Application): {ready: number; desired: number} {
  let ready = 0;
  let desired = 0;
  for (const component of application.status?.components ?? []) {
    ready += component.ready;
    desired += component.desired;
  }
  return {ready, desired};
}

export const hasEnded = (rollout: Rollout | undefined): boolean => Boolean(rollout?.status?.finishedAt);

/** Which step of how many a rollout is in: 0 before the first, none off the way. */
export function step(rollout: Rollout | undefined): {number: number; of: number} | undefined {
  const place = path.indexOf(rollout?.status?.phase ?? '');
  return place < 0 ? undefined : {number: place, of: path.length - 1};
}

/** A line of a list that a search finds: its name, versions and labels hold every word. */
export function matches(application: Application, words: string): boolean {
  const text = [application.metadata?.name, application.spec?.version, application.status?.activeVersion,
    ...Object.entries(application.metadata?.labels ?? {}).map(([key, value]) => `${key}=${value}`)].join(' ').toLowerCase();
  return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
