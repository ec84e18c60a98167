// What a job or a replica prints, as it comes.
import {useEffect, useRef, useState} from 'preact/hooks';
import {type Application, type Rollout, rolloutAt} from './api';
import {Refused, follow, pause} from './connection';

/** Where a log is to be had; `key` is what it is chosen by. */
interface Source { key: string; title: string; target: string }

function sourcesOf(application: Application, rollout: Rollout | undefined): Source[] {
  const found: Source[] = [];
  const add = (title: string, name: string, query: Record<string, string>): void => {
    const target = `${rolloutAt(name)}/logs?${new URLSearchParams({...query, follow: 'true', timestamps: 'true'})}`;
    found.push({key: `${name} ${Object.values(query).join(' ')}`, title, target});
  };
  const name = application.metadata!.name!;
  for (const job of [...(rollout?.status?.migration ?? []), ...(rollout?.status?.hooks ?? [])]) {
    if (job.attempts) add(`${job.hook ? `${job.hook} hook` : 'migration'} ${job.job} (${job.state})`, rollout!.metadata!.name!, {job: job.job!});
  }
  for (const component of application.status?.components ?? []) {
    for (const replica of component.replicas ?? []) {
      // A replica's index is the last part of its name.
      const index = /-([0-9]+)$/.exec(replica.name!)?.[1];
      if (index) add(replica.name!, `${name}-${replica.revision}`, {component: component.name!, replica: index});
    }
  }
  return found;
}

/** Older text goes when there is more than this: a page is no archive, `teal logs` is. In characters. */
const most = 200_000;

function Log({source}: {source: Source}) {
  const [text, setText] = useState('');
  const [ended, setEnded] = useState('');
  const place = useRef<HTMLPreElement>(null);
  const isAtEnd = useRef(true);
  useEffect(() => {
    const until = new AbortController();
    let pending = '';
    const show = setInterval(() => {
      if (!pending) return;
      const more = pending;
      pending = '';
      setText((old) => (old + more).slice(-most));
    }, 100);
    const isLeft = (): boolean => until.signal.aborted;
    void (async () => {
      while (!isLeft()) {
        let isNew = true;
        try {
          await follow(source.target, until.signal, (more) => {
            // It comes from the beginning again after a break.
            if (isNew) { pending = ''; setText(''); setEnded(''); }
            isNew = false;
            pending += more;
          });
          setEnded('It has ended.');
          return;
        } catch (error) {
          if (isLeft()) return;
          setEnded(error instanceof Refused ? error.message : 'teald broke off; it is asked again.');
          if (error instanceof Refused) return;
          await pause(1000, until.signal);
        }
      }
    })();
    return () => { until.abort(); clearInterval(show); };
  }, [source.key]);
  useEffect(() => {
    // Only for who reads the end: nobody who has scrolled back is torn away.
    if (isAtEnd.current && place.current) place.current.scrollTop = place.current.scrollHeight;
  }, [text]);
  return <>
    <pre class="log" ref={place} tabIndex={0} role="log" aria-label={source.title} onScroll={({currentTarget: at}) => {
      isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 20;
    }}>{text || (ended ? '(nothing was printed)' : '…')}</pre>
    {ended ? <p class="dim">{ended}</p> : null}
  </>;
}

export function Logs({application, rollout}: {application: Application; rollout: Rollout | undefined}) {
  const sources = sourcesOf(application, rollout);
  const running = rollout?.status?.migration?.find((job) => job.state === 'Running');
  const [chosen, choose] = useState('');
  const [isOpen, open] = useState(false);
  // A migration that runs is what people want to read.
  useEffect(() => { if (running) open(true); }, [running?.job]);
  if (!sources.length) return null;
  const source = sources.find((each) => each.key === chosen) ?? (chosen ? undefined : sources[0]);
  return <details class="card" open={isOpen} onToggle={(event) => open(event.currentTarget.open)}>
    <summary><h3>Logs</h3></summary>
    <label>of <select value={source?.key ?? ''} onChange={(event) => choose(event.currentTarget.value)}>
      {source ? null : <option value="">(gone)</option>}
      {sources.map((each) => <option key={each.key} value={each.key}>{each.title}</option>)}
    </select></label>
    {isOpen && source ? <Log key={source.key} source={source} /> : null}
  </details>;
}
