import {
  MutationCache,
  QueryCache,
  QueryClient,
  QueryClientProvider,
  useQuery,
  useQueryClient,
} from '@tanstack/preact-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ConsoleConfig } from '#contract/console-config.ts';
import { parseAddress, type Screen, toAddress } from './addresses.ts';
import { Api } from './api.ts';
import { ProblemNotice } from './components/problem-notice.tsx';
import { Context } from './context.ts';
import { type Browser, type Entry, leaveToIssuer, signOutAtIssuer } from './entry.ts';
import { Connection, HEALTH_INTERVAL_MS } from './polling.ts';
import { isSignInProblem } from './problems.ts';
import { Admin } from './screens/admin.tsx';
import { ChooseUser } from './screens/choose-user.tsx';
import { Create } from './screens/create.tsx';
import { Home } from './screens/home.tsx';
import { SignIn } from './screens/sign-in.tsx';
import { Usage } from './screens/usage.tsx';
import { WorkbenchScreen } from './screens/workbench.tsx';
import { endSession, type Session, suggestUser, writeSession } from './session.ts';
import { TEXTS } from './texts.ts';

/** How long a message is shown, milliseconds. */
const MESSAGE_MS = 6_000;

interface AppProps {
  readonly config: ConsoleConfig;
  readonly browser: Browser;
  readonly entry: Entry;
}

export function App({ config, browser, entry }: AppProps) {
  const { storages } = browser;
  const { issuer } = entry;
  const [session, setSession] = useState(entry.session);
  // Counts the sessions: each has a client and screens of its own, so that nothing that one user has read is shown to the next.
  const [count, setCount] = useState(0);
  const [problem, setProblem] = useState<unknown>(entry.problem);
  const connection = useMemo(() => new Connection(), []);
  const endWith = useCallback(
    (reason: unknown) => {
      endSession(storages);
      setProblem(reason);
      setSession(undefined);
    },
    [storages],
  );
  const client = useMemo(() => createClient(connection, endWith), [count, connection, endWith]);
  const signIn = (next: Session) => {
    writeSession(next, storages);
    setProblem(undefined);
    setSession(next);
    setCount(count + 1);
  };
  const signOut = async () => {
    const isLeaving = issuer !== undefined && typeof session?.key === 'function';
    if (!isLeaving || !(await signOutAtIssuer(issuer, browser))) endWith(undefined);
  };
  if (session === undefined) {
    return (
      <Frame>
        <SignIn
          suggestedUser={suggestUser(storages)}
          problem={problem}
          onSignIn={signIn}
          onLeave={
            issuer &&
            (async () => {
              const left = await leaveToIssuer(issuer, browser);
              if (left !== 'leaving') setProblem(left.problem);
            })
          }
        />
      </Frame>
    );
  }
  return (
    <QueryClientProvider key={count} client={client}>
      <Signed
        config={config}
        session={session}
        connection={connection}
        onSignIn={signIn}
        onSignOut={() => void signOut()}
      />
    </QueryClientProvider>
  );
}

/** A request that failed is not repeated at once: the intervals and the check of the connection repeat it. */
function createClient(connection: Connection, onRefused: (error: unknown) => void): QueryClient {
  const onError = (error: unknown) => {
    connection.report(error);
    if (isSignInProblem(error)) onRefused(error);
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError, onSuccess: () => connection.report() }),
    mutationCache: new MutationCache({ onError, onSuccess: () => connection.report() }),
    defaultOptions: {
      // A server on this computer is there without a network as well.
      queries: { retry: false, networkMode: 'always' },
      mutations: { retry: false, networkMode: 'always' },
    },
  });
}

interface SignedProps {
  readonly config: ConsoleConfig;
  readonly session: Session;
  readonly connection: Connection;
  readonly onSignIn: (session: Session) => void;
  readonly onSignOut: () => void;
}

function Signed({ config, session, connection, onSignIn, onSignOut }: SignedProps) {
  const api = useMemo(() => new Api(`${location.origin}${config.apiPrefix}`, session), [config, session]);
  const [choosing, setChoosing] = useState(false);
  const { message, announce } = useMessage();
  const isGone = useConnection(connection, api, announce);
  const me = useQuery({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal), staleTime: 60_000 });
  const screen = useScreen();
  return (
    <Frame
      screen={screen}
      isGone={isGone}
      message={message}
      isOperator={me.data?.admin}
      account={
        me.data && (
          <p class="account">
            <span>{TEXTS.account.you(me.data.user_id)}</span>{' '}
            {session.key === undefined ? (
              <button type="button" onClick={() => setChoosing(true)}>
                {TEXTS.account.change}
              </button>
            ) : (
              <button type="button" onClick={onSignOut}>
                {TEXTS.account.signOut}
              </button>
            )}
          </p>
        )
      }
    >
      {me.data ? (
        <Context.Provider value={{ api, config, me: me.data, announce }}>
          <CurrentScreen screen={screen} />
        </Context.Provider>
      ) : (
        <>
          <h1>{TEXTS.title}</h1>
          {me.error ? (
            <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />
          ) : (
            <p>{TEXTS.loading}</p>
          )}
        </>
      )}
      {choosing && (
        <ChooseUser
          userId={session.userId ?? ''}
          onClose={() => setChoosing(false)}
          onChoose={(userId) => {
            setChoosing(false);
            onSignIn({ ...session, userId });
          }}
        />
      )}
    </Frame>
  );
}

function CurrentScreen({ screen }: { readonly screen: Screen }) {
  switch (screen.name) {
    case 'home':
      return <Home />;
    case 'create':
      return <Create />;
    case 'usage':
      return <Usage />;
    case 'admin':
      return <Admin />;
    case 'workbench': {
      const { workbenchId, ownerId } = screen;
      return <WorkbenchScreen key={`${workbenchId} ${ownerId}`} target={{ workbenchId, ownerId }} />;
    }
    default:
      return (
        <>
          <h1>{TEXTS.screens.unknown}</h1>
          <p>{TEXTS.unknownPage}</p>
          <a href={toAddress({ name: 'home' })}>{TEXTS.toHome}</a>
        </>
      );
  }
}

interface FrameProps {
  readonly screen?: Screen;
  readonly isGone?: boolean;
  readonly isOperator?: boolean | undefined;
  readonly message?: string | undefined;
  readonly account?: preact.ComponentChildren;
  readonly children: preact.ComponentChildren;
}

/** What all screens share: the header, the banner of a server that is gone, messages. */
function Frame({ screen, isGone = false, isOperator = false, message, account, children }: FrameProps) {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const title = screen === undefined ? TEXTS.account.signInTitle : TEXTS.screens[screen.name];
  const address = screen && toAddress(screen);
  useEffect(() => {
    document.title = title === TEXTS.title ? title : `${title} · ${TEXTS.title}`;
    // Keyboards and screen readers continue at the new screen. After the first load they begin at the top.
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [title, address]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        {TEXTS.skip}
      </button>
      <header>
        <nav aria-label={TEXTS.menu}>
          <NavigationLink to={{ name: 'home' }} screen={screen} />
          {screen && <NavigationLink to={{ name: 'usage' }} screen={screen} />}
          {isOperator && <NavigationLink to={{ name: 'admin' }} screen={screen} />}
        </nav>
        {account}
      </header>
      <div role="status" class="messages">
        {isGone && <p class="notice problem">{TEXTS.connection.gone}</p>}
        {message && <p class="notice">{message}</p>}
      </div>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

interface NavigationLinkProps {
  readonly to: Screen;
  readonly screen: Screen | undefined;
}

function NavigationLink({ to, screen }: NavigationLinkProps) {
  return (
    <a href={toAddress(to)} aria-current={screen?.name === to.name ? 'page' : undefined}>
      {TEXTS.screens[to.name]}
    </a>
  );
}

function useScreen(): Screen {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const read = () => setFragment(location.hash);
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return useMemo(() => parseAddress(fragment), [fragment]);
}

function useMessage() {
  const [message, setMessage] = useState<string>();
  const announce = useCallback((text: string) => setMessage(text), []);
  useEffect(() => {
    if (message === undefined) return;
    const timer = setTimeout(() => setMessage(undefined), MESSAGE_MS);
    return () => clearTimeout(timer);
  }, [message]);
  return { message, announce };
}

/** Asks a server that is gone whether it is back, and then reads everything again. */
function useConnection(connection: Connection, api: Api, announce: (text: string) => void): boolean {
  const client = useQueryClient();
  const [isGone, setGone] = useState(connection.isGone);
  useEffect(
    () =>
      connection.subscribe(() => {
        setGone(connection.isGone);
        if (connection.isGone) return;
        announce(TEXTS.connection.back);
        void client.invalidateQueries();
      }),
    [connection, client, announce],
  );
  useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => api.health(signal).then(() => true),
    enabled: isGone,
    refetchInterval: HEALTH_INTERVAL_MS,
  });
  return isGone;
}
