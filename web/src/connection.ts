// Everything that goes to teald and comes from it: requests with the token, streams, and whether it still answers.
import {signal} from '@preact/signals';

/** What teald said when it refused a request. */
export class Refused extends Error {
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

/** Why a token is asked for; none: nobody asks. */
export const signIn = signal<string | undefined>(undefined);
/** When teald was last heard of, in milliseconds. 0: not yet. */
export const heard = signal(0);
/** It does not answer: what is shown is of `heard`. */
export const isSilent = signal(false);
/** Counts what makes everything be read again: a token. */
export const session = signal(0);

// In memory alone: gone with the tab, never in a place that another script or the next person could read.
let token = '';

export function useToken(text: string): void {
  token = text.trim();
  signIn.value = undefined;
  session.value += 1;
}

export const hasToken = (): boolean => token !== '';

function hear(): void {
  heard.value = Date.now();
  isSilent.value = false;
}

/** The answer, if teald granted it. Throws `Refused`, or TypeError if there is no teald. */
export async function ask(target: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  const sent = token;
  if (sent) headers.set('Authorization', `Bearer ${sent}`);
  const answer = await fetch(target, {cache: 'no-store', credentials: 'same-origin', ...options, headers});
  hear();
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({})) as {message?: string};
  // Late word on the token before, or on none, says nothing of the one that was given meanwhile.
  if (answer.status === 401 && sent === token) signIn.value = token ? 'That token is not good here (any more).' : '';
  throw new Refused(answer.status, said.message ?? `teald answered ${answer.status} ${answer.statusText}`);
}

/** What is asked for once is given up after ten seconds: nothing may wait for ever for an answer that was lost. */
export async function read<T>(target: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(10_000);
  return (await ask(target, {signal: signal ? AbortSignal.any([signal, limit]) : limit})).json() as Promise<T>;
}

/** A verb: POST with a JSON body. What teald said, for the person who asked. */
export async function act<T>(target: string, body?: unknown, method = 'POST'): Promise<T> {
  const options: RequestInit = {method};
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = {'Content-Type': 'application/json'};
  }
  return (await ask(target, options)).json() as Promise<T>;
}

/** Text as it comes; returns when it ends. */
export async function follow(target: string, signal: AbortSignal, take: (text: string) => void): Promise<void> {
  const answer = await ask(target, {signal});
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    hear();
    take(value);
  }
}

/** Splits text that comes in pieces into whole lines. */
export function lines(take: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part) take(part);
  };
}

export interface Change<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T & {metadata?: {resourceVersion?: string}; code?: number};
}

interface List<T> {
  metadata?: {resourceVersion?: string; continue?: string};
  items: T[];
}

export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> => new Promise((done) => {
  const timer = setTimeout(done, milliseconds);
  signal.addEventListener('abort', () => { clearTimeout(timer); done(); }, {once: true});
});

/**
 * A list, and from there each change, for as long as `signal` lets it: list, watch from its version, list again when
 * the stream has lost its place. `replace` gets whole lists, `change` what came after.
 */
export async function inform<T>(target: string, signal: AbortSignal, replace: (items: T[]) => void,
  change: (change: Change<T>) => void): Promise<void> {
  const url = (query: Record<string, string>): string => {
    const made = new URL(target, location.origin);
    for (const [key, value] of Object.entries(query)) made.searchParams.set(key, value);
    return made.pathname + made.search;
  };
  let version = '';
  while (!signal.aborted) {
    try {
      if (!version) {
        const items: T[] = [];
        let next = '';
        let listed = '';
        do {
          const page: List<T> = await read(url({limit: '500', ...(next ? {continue: next} : {})}), signal);
          items.push(...page.items);
          listed = page.metadata?.resourceVersion ?? listed;
          next = page.metadata?.continue ?? '';
        } while (next);
        // Only now: a list that broke off half way is begun again, not watched.
        replace(items);
        version = listed;
      }
      await follow(url({watch: 'true', resourceVersion: version}), signal, lines((line) => {
        const each = JSON.parse(line) as Change<T>;
        if (each.type === 'ERROR') { version = ''; return; }
        version = each.object.metadata?.resourceVersion ?? version;
        if (each.type !== 'BOOKMARK') change(each);
      }));
    } catch (error) {
      if (error instanceof Refused) version = '';
    }
    await pause(1000, signal);
  }
}

/**
 * A stream may look alive while teald hangs: so it is asked, every two seconds. One question that got lost, as they do when a
 * laptop changes its network, is asked once more before anybody is told.
 */
export function keepListening(): void {
  let isDoubted = false;
  const look = async (): Promise<void> => {
    try {
      const answer = await fetch('/livez', {cache: 'no-store', signal: AbortSignal.timeout(4000)});
      if (!answer.ok) throw new Error(answer.statusText);
      isDoubted = false;
      hear();
    } catch {
      if (isDoubted) isSilent.value = true;
      isDoubted = true;
    }
    setTimeout(() => void look(), isDoubted && !isSilent.value ? 500 : 2000);
  };
  void look();
}
