// What a person can do: each with a sentence of what will happen, and the command that does the same.
import {useEffect, useRef, useState} from 'preact/hooks';
import {type Application, type Plan, type Preflight, type Rollout, applicationAt} from './api';
import {Refused, act} from './connection';
import {hasEnded} from './words';

interface Verb {
  name: string;
  title: string;
  /** Of what happens if it is done now. */
  sentence: string;
  body?: Record<string, unknown>;
  /** Words of the command after `teal VERB NAME`. */
  words?: string;
  isGrave?: boolean;
}

/** The verbs that would do something now. */
export function verbsFor(application: Application, rollout: Rollout | undefined, history: readonly Rollout[]): Verb[] {
  const status = application.status!;
  const from = rollout?.status?.fromVersion;
  const to = rollout?.status?.toVersion ?? application.spec?.version;
  const serves = from ? `${from} goes on serving` : 'nothing serves then, as before';
  const verbs: Verb[] = [];
  if (status.phase === 'AwaitingApproval') {
    verbs.push({name: 'approve', title: 'Approve', sentence: `The rollout to ${to} goes on from where it waits.`});
  }
  if (status.phase === 'Paused') verbs.push({name: 'resume', title: 'Resume', sentence: `The rollout to ${to} goes on from where it was halted.`});
  if (rollout && !hasEnded(rollout)) {
    if (status.phase !== 'Paused') {
      verbs.push({name: 'pause', title: 'Pause', sentence: `Nothing new is begun until it is resumed. A migration job that runs is not stopped, and ${from || 'what runs'} goes on serving.`});
    }
    verbs.push({name: 'abort', title: 'Abort', isGrave: true, sentence: `The rollout to ${to} ends: its replicas are withdrawn and stopped, ${serves}. What the migration has done to the schema stays.`});
  }
  if (rollout?.status?.phase === 'Failed' || rollout?.status?.phase === 'RolledBack') {
    verbs.push({name: 'retry', title: 'Retry', sentence: `${to} is rolled out once more, as a new revision. Migration jobs that succeeded do not run again.`});
  }
  const earlier = history.find((each) => each.status?.phase === 'Complete' && (each.spec?.revision ?? 0) < status.activeRevision);
  if (earlier && (!rollout || hasEnded(rollout))) {
    verbs.push({name: 'rollback', title: `Roll back to ${earlier.spec?.version}`, isGrave: true, body: {toRevision: earlier.spec?.revision},
      words: ` --to-revision ${earlier.spec?.revision}`,
      sentence: `Version ${earlier.spec?.version} (revision ${earlier.spec?.revision}) starts beside ${status.activeVersion}, takes over the traffic and replaces it. The schema stays as it is.`});
  }
  return verbs;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

function Command({text}: {text: string}) {
  const [copied, setCopied] = useState(false);
  return <p class="command"><code>{text}</code> <button type="button" onClick={() => {
    void navigator.clipboard.writeText(text).then(() => setCopied(true));
  }}>{copied ? 'copied' : 'copy'}</button></p>;
}

function Confirmation({application, verb, close}: {application: Application; verb: Verb; close: (said?: string) => void}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [reason, setReason] = useState('');
  const [refusal, setRefusal] = useState('');
  const [isSent, setSent] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const name = application.metadata!.name!;
  const send = async (): Promise<void> => {
    setSent(true);
    setRefusal('');
    try {
      const query = reason ? `?${new URLSearchParams({reason})}` : '';
      const said = await act<{message?: string}>(`${applicationAt(name)}/${verb.name}${query}`, verb.body);
      close(said.message ?? 'done');
    } catch (error) {
      setSent(false);
      setRefusal(error instanceof Refused ? error.message : 'teald did not answer: look at what it shows before you ask again.');
    }
  };
  return <dialog ref={dialog} aria-labelledby="verb-title" onClose={() => close()}>
    <form method="dialog" onSubmit={(event) => { event.preventDefault(); if (!isSent) void send(); }}>
      <h3 id="verb-title">{verb.title}: {name}</h3>
      <p>{verb.sentence}</p>
      <label>Why (kept with the history; may stay empty)
        <input value={reason} maxLength={500} onInput={(event) => setReason(event.currentTarget.value)} /></label>
      <Command text={`teal ${verb.name} ${name}${verb.words ?? ''}${reason ? ` --reason ${quoted(reason)}` : ''}`} />
      <p class="bad-text" role="alert">{refusal}</p>
      <div class="row end">
        <button type="button" onClick={() => close()}>Cancel</button>
        <button class={verb.isGrave ? 'grave' : 'primary'} disabled={isSent}>{verb.title}</button>
      </div>
    </form>
  </dialog>;
}

function PlanView({plan}: {plan: Plan}) {
  return <div>
    <p><strong>{plan.summary}</strong></p>
    {plan.findings?.length ? <ul>{plan.findings.map((each) => <li key={each} class="attention-text">{each}</li>)}</ul> : null}
    {plan.policy?.message ? <p class={plan.policy.allowed ? '' : 'bad-text'}>{plan.policy.message}</p> : null}
    {plan.changes?.length ? <table><thead><tr><th scope="col">Field</th><th scope="col">Now</th><th scope="col">Then</th></tr></thead>
      <tbody>{plan.changes.map((each) => <tr key={each.path}><td><code>{each.path}</code></td><td>{each.from}</td><td>{each.to}</td></tr>)}</tbody></table> : null}
    {plan.steps?.length ? <ol>{plan.steps.map((each, place) => <li key={place}><span class="dim">{each.phase}</span> {each.message}</li>)}</ol> : null}
  </div>;
}

function PreflightView({preflight}: {preflight: Preflight}) {
  return <ul>{(preflight.items ?? []).map((item) => <li key={`${item.hook} ${item.job} ${item.loadBalancer}`}>
    <strong>{item.loadBalancer || item.job}</strong> {item.database ? <code>{item.database}</code> : null}
    {item.findings?.length ? <ul>{item.findings.map((each) => <li key={each.message} class={each.blocks ? 'bad-text' : 'attention-text'}>{each.message}</li>)}</ul>
      : <span class="good-text"> nothing is wrong</span>}
  </li>)}</ul>;
}

/** Buttons, and what came of them. */
export function Verbs({application, rollout, history}: {application: Application; rollout: Rollout | undefined; history: readonly Rollout[]}) {
  const name = application.metadata!.name!;
  const [asked, ask] = useState<Verb>();
  const [said, say] = useState('');
  const [looked, look] = useState<{plan?: Plan; preflight?: Preflight; refusal?: string}>();
  const examine = async (verb: 'plan' | 'preflight'): Promise<void> => {
    look({});
    try {
      look({[verb]: await act(`${applicationAt(name)}/${verb}`)});
    } catch (error) {
      look({refusal: error instanceof Refused ? error.message : 'teald did not answer'});
    }
  };
  return <div>
    <div class="row" role="group" aria-label="What you can do">
      {verbsFor(application, rollout, history).map((verb) => <button key={verb.name} type="button" class={verb.isGrave ? 'grave' : 'primary'}
        title={verb.sentence} onClick={() => ask(verb)}>{verb.title} …</button>)}
      <button type="button" title="The steps that a rollout of the manifest as it is would take; nothing is done." onClick={() => void examine('plan')}>Plan</button>
      <button type="button" title="Looks at the databases and load balancers that a rollout needs; nothing is changed." onClick={() => void examine('preflight')}>Preflight</button>
    </div>
    <p role="status">{said}</p>
    {looked ? <section class="card" aria-label="Answer"><div class="row end"><button type="button" onClick={() => look(undefined)}>Close</button></div>
      {looked.refusal ? <p class="bad-text" role="alert">{looked.refusal}</p> : looked.plan ? <PlanView plan={looked.plan} />
        : looked.preflight ? <PreflightView preflight={looked.preflight} /> : <p class="empty">teald looks …</p>}</section> : null}
    {asked ? <Confirmation application={application} verb={asked} close={(done) => { ask(undefined); if (done) say(done); }} /> : null}
  </div>;
}
