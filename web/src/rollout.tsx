// One rollout: where it is, how long each part took against last time, its jobs and what was seen when it failed.
import type {Job, Rollout} from './api';
import {now} from './model';
import {between, duration, hasEnded, length, toneOf} from './words';

type Span = NonNullable<NonNullable<Rollout['status']>['phases']>[number];

const took = (span: Span, until: number): number => (span.finishedAt ? Date.parse(span.finishedAt) : until) - Date.parse(span.startedAt ?? '');

function SpanItem({span, next, rollout, before}: {span: Span; next: Span | undefined; rollout: Rollout; before: Rollout | undefined}) {
  const status = rollout.status!;
  const isNow = !span.finishedAt && span.phase === status.phase && !hasEnded(rollout);
  const wentWrong = Boolean(status.failure) && status.phase !== 'Superseded' && next?.phase === 'RollingBack';
  const tone = toneOf(span.phase) === 'bad' || wentWrong ? 'bad' : isNow ? 'busy' : 'good';
  const last = before?.status?.phases?.find((each) => each.phase === span.phase && each.finishedAt);
  const isPoint = span.phase === 'Complete' || span.phase === 'Failed' || span.phase === 'RolledBack' || span.phase === 'Superseded';
  return <li class={`${tone}${isNow ? ' now' : ''}`} aria-current={isNow ? 'step' : undefined}>
    <span class="phase">{span.phase}</span>
    {isPoint ? null : <span>{length(took(span, now.value))}</span>}
    {last && !isPoint ? <span class="dim">last time {length(took(last, now.value))}</span> : null}
  </li>;
}

/** Each phase with what it took; those to come are dim. */
function Timeline({rollout, before}: {rollout: Rollout; before: Rollout | undefined}) {
  const status = rollout.status!;
  const spans = status.phases ?? [];
  const furthest = Math.max(-1, ...spans.map((span) => path.indexOf(span.phase ?? '')));
  const isForward = path.includes(status.phase ?? '') || status.phase === 'AwaitingApproval';
  const toCome = !hasEnded(rollout) && isForward ? path.slice(furthest + 1) : [];
  return <ol class="timeline" aria-label="Phases">
    {spans.map((span, place) => <SpanItem key={`${span.phase} ${span.startedAt}`} span={span} next={spans[place + 1]} rollout={rollout} before={before} />)}
    {toCome.map((phase) => {
      const last = before?.status?.phases?.find((each) => each.phase === phase && each.finishedAt);
      return <li key={phase} class="to-come"><span class="phase">{phase}</span>{last && phase !== 'Complete'
        ? <span>last time {length(took(last, now.value))}</span> : null}</li>;
    })}
  </ol>;
}

/** Until when the new version is watched before the old one goes. */
function Bake({rollout, bake}: {rollout: Rollout; bake: string | undefined}) {
  if (rollout.status?.phase !== 'Verifying') return null;
  const span = rollout.status.phases?.findLast((each) => each.phase === 'Verifying');
  const whole = duration(bake);
  if (!span?.startedAt || !(whole > 0)) return null;
  const passed = now.value - Date.parse(span.startedAt);
  const left = whole - passed;
  return <p class="row"><progress value={Math.min(passed, whole)} max={whole} aria-label="Bake" />
    <span>{left > 0 ? `baking: the old version goes in ${length(Math.ceil(left / 1000) * 1000)} if nothing speaks against it`
      : `the bake of ${bake} is over; see what it waits for above`}</span></p>;
}

function JobLine({job}: {job: Job}) {
  const tone = job.state === 'Failed' || job.state === 'Unknown' ? 'bad-text' : job.state === 'Running' ? 'busy-text' : '';
  const words = [job.attempts > 1 ? `attempt ${job.attempts}` : '', job.exitCode ? `exit code ${job.exitCode}` : '',
    between(job.startedAt, job.finishedAt, now.value), job.message ?? ''].filter(Boolean).join(', ');
  return <li>{job.hook ? `${job.hook} hook` : 'migration'} <strong>{job.job}</strong>: <span class={tone}>{job.state}</span>{words ? ` (${words})` : ''}
    {job.database?.lock?.holder ? <> · the lock is held by {job.database.lock.holder}</> : null}</li>;
}

function Pull({rollout}: {rollout: Rollout}) {
  const pull = rollout.status?.pull;
  if (!pull?.layers || hasEnded(rollout)) return null;
  const megabytes = (bytes: number | undefined): string => ((bytes ?? 0) / 1e6).toFixed(1);
  return <p class="row">{pull.bytes ? <progress value={pull.bytesDone} max={pull.bytes} aria-label="Image" /> : null}
    image: {pull.layersDone} of {pull.layers} layers{pull.bytes ? `, ${megabytes(pull.bytesDone)} of ${megabytes(pull.bytes)} MB` : ''}</p>;
}

function Evidence({rollout}: {rollout: Rollout}) {
  const seen = rollout.status?.evidence;
  if (!seen || rollout.status?.phase === 'Complete') return null;
  return <details open><summary>What was seen when it failed</summary><ul>
    {(seen.containers ?? []).map((each) => {
      const words = [each.exitCode !== undefined ? `exit code ${each.exitCode}` : each.state, each.outOfMemory ? 'out of memory' : '',
        each.answer ? `answered ${each.answer}` : '', each.engineError ?? ''].filter(Boolean).join(', ');
      const told = each.log || each.body;
      return <li key={each.container}><code>{each.container}</code>: {words}{told ? <pre tabIndex={0}>{told}</pre> : null}</li>;
    })}
    {(seen.servers ?? []).map((each) => <li key={each.server} class="dim">{each.loadBalancer}/{each.backend} <code>{each.server}</code> {each.state}
      {each.check ? `: ${each.check}` : ''}, {each.sessions} sessions, {each.errors} errors{each.removed ? ', removed when its replica ended' : ''}</li>)}
    {(seen.loadBalancerProblems ?? []).map((each) => <li key={each.message} class="bad-text">{each.message}</li>)}
  </ul></details>;
}

const milliseconds = (seconds: number | undefined): string => `${Number(((seconds ?? 0) * 1000).toPrecision(3))} ms`;

function Traffic({rollout}: {rollout: Rollout}) {
  const traffic = rollout.status?.traffic;
  if (!traffic?.probes) return null;
  const latency = traffic.latencySeconds;
  return <p>teald’s own requests through the load balancer: {traffic.probes}, failed:{' '}
    <span class={traffic.failed ? 'bad-text' : 'good-text'}>{traffic.failed}</span>
    {latency ? `, p50 ${milliseconds(latency.p50)}, p99 ${milliseconds(latency.p99)}, max ${milliseconds(latency.max)}` : ''}
    {traffic.loadBalancerErrors ? <span class="bad-text">, errors that the load balancer counted: {traffic.loadBalancerErrors}</span> : null}</p>;
}

/** `said`: what stands above it already: one cause is not told three times. */
export function RolloutView({rollout, before, bake, said}: {rollout: Rollout; before: Rollout | undefined; bake: string | undefined; said: string}) {
  const status = rollout.status!;
  const jobs = [...(status.migration ?? []), ...(status.hooks ?? []).filter((hook) => hook.attempts > 0)];
  return <section class="card" aria-labelledby="rollout-title">
    <div class="row"><h3 id="rollout-title">{status.fromVersion ? `${status.fromVersion} → ${status.toVersion}` : `Installation of ${status.toVersion}`}</h3>
      <span class={`phase ${toneOf(status.phase)}-text`}>{status.phase}</span>
      <span class="dim">revision {rollout.spec?.revision}, {hasEnded(rollout) ? 'took' : 'for'} {between(status.startedAt, status.finishedAt, now.value)}
        {status.requestedBy ? `, asked for by ${status.requestedBy}` : ''}</span></div>
    {status.message && !said.includes(status.message) ? <p>{status.message}</p> : null}
    {status.failure && status.failure !== status.message && !said.includes(status.failure) ? <p class="bad-text">{status.failure}</p> : null}
    {status.rollback ? <p>Back to revision {status.rollback.toRevision}, asked for by {status.rollback.by}{status.rollback.message ? `; ${status.rollback.message}` : ''}</p> : null}
    <Timeline rollout={rollout} before={before} />
    <Bake rollout={rollout} bake={bake} />
    <Pull rollout={rollout} />
    <Evidence rollout={rollout} />
    {jobs.length ? <ul>{jobs.map((job) => <JobLine key={`${job.hook} ${job.job}`} job={job} />)}</ul> : null}
    {status.analysis?.length ? <ul>{status.analysis.map((each) => <li key={each.name}>analysis {each.name}:{' '}
      <span class={each.state === 'Passing' ? 'good-text' : each.state === 'Failing' ? 'bad-text' : 'busy-text'}>{each.state}</span>{' '}
      ({[each.answer, each.limit, each.failures ? `${each.failures} failures in a row` : ''].filter(Boolean).join(', ')})</li>)}</ul> : null}
    <Traffic rollout={rollout} />
  </section>;
}
