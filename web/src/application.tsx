// One application: what runs, what happens, why it waits, and what can be done.
import {useEffect, useState} from 'preact/hooks';
import {type Event, type Rollout, base} from './api';
import {Refused, inform, pause, read} from './connection';
import {EventList} from './event_list';
import {applicationNamed, isListed, keepRollouts, now, rolloutNamed, watchedRollouts} from './model';
import {Logs} from './logs';
import {Replicas} from './replicas';
import {RolloutView} from './rollout';
import {Verbs} from './verbs';
import {between, clock, hasEnded, toneOf} from './words';

function useEvents(name: string): readonly Event[] {
  const [events, setEvents] = useState<readonly Event[]>([]);
  useEffect(() => {
    const until = new AbortController();
    void inform<Event>(`${base}events?${new URLSearchParams({application: name})}`, until.signal, (items) => setEvents(items.slice(-200)),
      ({object}) => setEvents((old) => [...old.slice(-199), object]));
    return () => until.abort();
  }, [name]);
  return events;
}

/** Its rollouts, newest first; read again when another one begins or ends. */
function useHistory(name: string, latest: string): readonly Rollout[] {
  const [history, setHistory] = useState<readonly Rollout[]>([]);
  useEffect(() => {
    const until = new AbortController();
    void (async () => {
      while (!until.signal.aborted) {
        try {
          const {items} = await read<{items: Rollout[]}>(`${base}rollouts?${new URLSearchParams({application: name, limit: '50'})}`, until.signal);
          keepRollouts(items.slice(0, 1));
          setHistory(items);
          return;
        } catch (error) {
          if (error instanceof Refused) return;
          await pause(1000, until.signal);  // an answer that was lost: the banner says so, if it stays like that
        }
      }
    })();
    return () => until.abort();
  }, [name, latest]);
  return history;
}

function History({history}: {history: readonly Rollout[]}) {
  if (!history.length) return null;
  return <details class="card"><summary><h3>History</h3></summary><div class="scroll" tabIndex={0} role="region" aria-label="History"><table>
    <thead><tr>{['Revision', 'Version', 'Outcome', 'Begun', 'Took', 'Asked for by', 'Why it failed'].map((each) => <th scope="col" key={each}>{each}</th>)}</tr></thead>
    <tbody>{history.map((each) => <tr key={each.metadata!.name}>
      <td>{each.spec?.revision}</td><td>{each.spec?.version}</td>
      <td class={`${toneOf(each.status?.phase)}-text`}>{each.status?.phase}</td>
      <td>{clock(each.status?.startedAt, now.value)}</td>
      <td>{between(each.status?.startedAt, each.status?.finishedAt, now.value)}</td>
      <td>{each.status?.requestedBy}</td>
      <td>{each.status?.failure}</td>
    </tr>)}</tbody></table></div></details>;
}

export function ApplicationView({name}: {name: string}) {
  const application = applicationNamed(name);
  const status = application?.status;
  const rollout = rolloutNamed(status?.rollout);
  const history = useHistory(name, `${status?.rollout} ${rollout?.status?.finishedAt ?? ''}`);
  const events = useEvents(name);
  useEffect(() => {
    watchedRollouts.value = status?.rollout ? [status.rollout] : [];
    return () => { watchedRollouts.value = []; };
  }, [status?.rollout]);
  if (!application || !status) {
    return isListed.value ? <p class="empty">There is no application {name} (any more), or you may not see it. <a href="#/">All applications</a></p>
      : <p class="empty">Asking teald …</p>;
  }
  const said = status.message ?? '';
  const file = application.metadata?.annotations?.['teal/manifest-file'];
  // What a rollout that runs or failed has not reached is no trouble of its own: the rollout says so.
  const isExpected = (type: string | undefined): boolean => type === 'Progressing' || type === 'Preflight' ||
    (type === 'Migrated' && !hasEnded(rollout)) || ((type === 'Verified' || type === 'Drained') && rollout?.status?.phase !== 'Complete');
  const unmet = (status.conditions ?? []).filter((each) => each.status === (each.type === 'Orphaned' ? 'True' : 'False') && each.message &&
    !said.includes(each.message) && !isExpected(each.type));
  const before = history.find((each) => each.status?.phase === 'Complete' && each.metadata?.name !== status.rollout);
  return <article>
    <div class={`card head ${toneOf(status.phase)}`}>
      <div class="row"><h2>{name}</h2><span class={`phase ${toneOf(status.phase)}-text`}>{status.phase}</span>
        <span>{status.activeVersion ? `version ${status.activeVersion}` : 'nothing serves yet'}
          {status.activeVersion !== application.spec?.version ? `, wanted ${application.spec?.version}` : ''}</span>
        {file ? <code class="dim">{file}</code> : null}</div>
      {said ? <p>{said}</p> : null}
      {unmet.length ? <ul>{unmet.map((each) => <li key={each.type}><strong>{each.type}:</strong> {each.message}</li>)}</ul> : null}
      <Verbs application={application} rollout={rollout} history={history} />
    </div>
    {rollout ? <RolloutView rollout={rollout} before={before} bake={application.spec?.rollout?.bake} said={said} /> : null}
    <Replicas application={application} history={history} />
    <Logs application={application} rollout={rollout} />
    <section class="card" aria-labelledby="own-events"><h3 id="own-events">Events</h3><EventList events={events} limit={50} of={name} /></section>
    <History history={history} />
  </article>;
}
