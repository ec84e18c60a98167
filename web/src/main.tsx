import './page.css';
import {effect, signal} from '@preact/signals';
import {render} from 'preact';
import {ApplicationView} from './application';
import {heard, isSilent, keepListening, signIn, useToken} from './connection';
import {EventList} from './event_list';
import {applications, applicationNamed, events, isListed, now, start} from './model';
import {Overview} from './overview';
import {type Tone, clock, toneOf} from './words';

/** `#/` the overview, `#/applications/NAME`, `#/events`: addresses that can be sent to somebody. */
const route = signal(location.hash);
history.scrollRestoration = 'manual';  // each view knows better
addEventListener('hashchange', () => {
  route.value = location.hash;
  // Where a person reads on, for those who hear the page.
  document.getElementById('main')?.focus({preventScroll: true});
  scrollTo(0, 0);
});

const shownApplication = (): string | undefined => {
  const found = /^#\/applications\/([^/]+)$/.exec(route.value);
  return found ? decodeURIComponent(found[1]!) : undefined;
};

function SignIn() {
  if (signIn.value === undefined) return null;
  return <form class="card" id="sign-in" onSubmit={(event) => {
    event.preventDefault();
    useToken(new FormData(event.currentTarget).get('token') as string);
  }}>
    <label for="token">This teald wants a token: <code>teal token create NAME --role viewer</code></label>
    <div class="row">
      <input id="token" name="token" type="password" autocomplete="off" spellcheck={false} required autofocus />
      <button class="primary">Sign in</button>
    </div>
    <p class="dim">It is kept until this tab is closed or loaded again, and nowhere else.</p>
    <p class="bad-text" role="alert">{signIn.value}</p>
  </form>;
}

function Silence() {
  if (!isSilent.value) return null;
  return <div id="silence" role="alert">
    <strong>teald does not answer.</strong>{' '}
    {heard.value ? `What you see is of ${clock(new Date(heard.value).toISOString(), now.value)}; what serves goes on serving, and nothing new is decided.`
      : 'Nothing has been read yet.'} <code>systemctl status teald</code>
  </div>;
}

function Page() {
  const name = shownApplication();
  const at = route.value;
  return <>
    <Silence />
    <header>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>Skip to content</a>
      <h1><a href="#/">Teal</a></h1>
      <nav aria-label="Pages">
        <a href="#/" aria-current={!name && at !== '#/events' ? 'page' : undefined}>Applications</a>
        <a href="#/events" aria-current={at === '#/events' ? 'page' : undefined}>Events</a>
      </nav>
      <p id="connection" role="status">{isSilent.value ? 'silent' : isListed.value ? 'live' : 'connecting …'}</p>
    </header>
    <main id="main" tabIndex={-1}>
      <SignIn />
      {signIn.value !== undefined ? null
        : name ? <ApplicationView name={name} key={name} />
        : at === '#/events' ? <section aria-labelledby="events-title"><h2 id="events-title">Events</h2><EventList events={events.value} limit={200} /></section>
        : <Overview />}
    </main>
  </>;
}

// What a tab shows that nobody looks at: the worst there is, and whether it is known at all.
effect(() => {
  const name = shownApplication();
  const shown = name ? applicationNamed(name) : undefined;
  let tone: Tone = 'good';
  const worse: readonly Tone[] = ['good', 'busy', 'attention', 'bad'];
  let problems = 0;
  for (const each of name ? [shown] : applications.value) {
    const own = toneOf(each?.status?.phase);
    if (!each || own === 'idle') continue;
    if (own === 'bad' || own === 'attention') problems += 1;
    if (worse.indexOf(own) > worse.indexOf(tone)) tone = own;
  }
  const words = isSilent.value ? '⚠ teald does not answer'
    : name ? `${name} ${shown?.status?.phase ?? ''}`.trim() : problems ? `${problems} need${problems === 1 ? 's' : ''} you` : '';
  document.title = words ? `${words} · Teal` : 'Teal';
  document.querySelector<HTMLLinkElement>('link[rel=icon]')!.href =
    isSilent.value ? '/web/icon-silent.svg' : isListed.value ? `/web/icon-${tone}.svg` : '/web/icon.svg';
  document.documentElement.classList.toggle('silent', isSilent.value);
});

start();
keepListening();
render(<Page />, document.getElementById('page')!);
