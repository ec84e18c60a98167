import type {Event} from './api';
import {now} from './model';
import {clock} from './words';

/** Newest first. */
export function EventList({events, limit, of}: {events: readonly Event[]; limit: number; of?: string}) {
  if (!events.length) return <p class="empty">Nothing has happened yet.</p>;
  return <ol class="events">{events.slice(-limit).reverse().map((event) => <li key={event.metadata?.name ?? `${event.time} ${event.message}`}>
    <time dateTime={event.time} title={event.time}>{clock(event.time, now.value)}</time>{' '}
    <strong class={event.type === 'Warning' ? 'attention-text' : ''}>{event.reason}</strong>{' '}
    {!of && event.application ? <a href={`#/applications/${encodeURIComponent(event.application)}`}>{event.involvedObject?.name}</a>
      : <code class="dim">{event.involvedObject?.name}</code>}{' '}
    {event.message}
  </li>)}</ol>;
}
