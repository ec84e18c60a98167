// Old and new side by side: a column a revision, with the version that it is.
import {useEffect, useRef} from 'preact/hooks';
import type {Application, Replica, Rollout} from './api';
import {now} from './model';

function ReplicaCard({replica}: {replica: Replica}) {
  const isWell = replica.health?.startsWith('healthy') || replica.health === 'running';
  return <li class="replica">
    <code>{replica.name}</code>
    <dl>
      <dt>State</dt><dd>{replica.state}</dd>
      <dt>Health</dt><dd class={isWell ? 'good-text' : 'attention-text'}>{replica.health || '–'}</dd>
      {replica.loadBalancer ? <><dt>Load balancer</dt><dd class={replica.loadBalancer === 'Up' ? 'good-text' : replica.loadBalancer === 'Down' ? 'bad-text' : ''}>
        {replica.loadBalancer}{replica.sessions !== undefined ? `, ${replica.sessions} session${replica.sessions === 1 ? '' : 's'}` : ', sessions unknown'}</dd></> : null}
      {replica.address ? <><dt>Address</dt><dd><code>{replica.address}</code></dd></> : null}
    </dl>
  </li>;
}

interface Sample { at: number; byRevision: ReadonlyMap<number, number> }

const span = 90_000;

/** Open sessions of each revision over the last 90 seconds, as the load balancer counts them: the traffic moving over. */
function Sessions({application, revisions}: {application: Application; revisions: readonly number[]}) {
  const samples = useRef<Sample[]>([]);
  const at = now.value;
  useEffect(() => {
    const byRevision = new Map<number, number>();
    for (const component of application.status?.components ?? []) {
      for (const replica of component.replicas ?? []) {
        if (replica.loadBalancer) byRevision.set(replica.revision, (byRevision.get(replica.revision) ?? 0) + (replica.sessions ?? 0));
      }
    }
    samples.current = [...samples.current.filter((each) => at - each.at < span), {at, byRevision}];
  }, [at]);
  const all = samples.current;
  if (all.length < 2 || !revisions.length) return null;
  const most = Math.max(1, ...all.flatMap((each) => [...each.byRevision.values()]));
  const x = (time: number): number => 600 - (at - time) / span * 600;
  const y = (value: number): number => 75 - value / most * 70;
  return <figure>
    <svg viewBox="0 0 600 80" preserveAspectRatio="none" role="img" aria-label={revisions.map((revision) =>
      `revision ${revision}: ${all.at(-1)?.byRevision.get(revision) ?? 0} sessions`).join(', ')}>
      {revisions.map((revision, place) => <polyline key={revision} class={`series-${place % 2}`} points={
        all.filter((each) => each.byRevision.has(revision)).map((each) => `${x(each.at).toFixed(1)},${y(each.byRevision.get(revision)!).toFixed(1)}`).join(' ')} />)}
    </svg>
    <figcaption>{revisions.map((revision, place) => <span key={revision} class={`series-${place % 2}`}>━ revision {revision}</span>)}
      <span class="dim">sessions in the load balancer, the last 90 s, at most {most}</span></figcaption>
  </figure>;
}

export function Replicas({application, history}: {application: Application; history: readonly Rollout[]}) {
  const status = application.status!;
  const revisions = [...new Set((status.components ?? []).flatMap((component) => (component.replicas ?? []).map((replica) => replica.revision)))]
    .sort((a, b) => a - b);
  const versionOf = (revision: number): string => history.find((each) => each.spec?.revision === revision)?.spec?.version ??
    (revision === status.activeRevision ? status.activeVersion : undefined) ?? '?';
  if (!revisions.length) return <section class="card"><h3>Replicas</h3><p class="empty">None runs.</p></section>;
  return <section class="card" aria-labelledby="replicas-title">
    <h3 id="replicas-title">Replicas</h3>
    <div class="revisions">{revisions.map((revision) => <div key={revision}>
      <h4>Version {versionOf(revision)} <span class="dim">revision {revision}{revision === status.activeRevision ? ', active' : ''}</span></h4>
      {(status.components ?? []).map((component) => {
        const replicas = (component.replicas ?? []).filter((replica) => replica.revision === revision);
        if (!replicas.length) return null;
        return <div key={component.name}><h5>{component.name}{revision === status.activeRevision || revisions.length === 1
          ? <span class={component.ready < component.desired ? 'attention-text' : 'dim'}> {component.ready} of {component.desired} ready</span> : null}</h5>
          <ul class="replicas">{replicas.map((replica) => <ReplicaCard key={replica.name} replica={replica} />)}</ul></div>;
      })}
    </div>)}</div>
    <Sessions application={application} revisions={revisions} />
  </section>;
}
