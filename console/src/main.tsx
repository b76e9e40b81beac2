import { notifyManager } from '@tanstack/preact-query';
import { render } from 'preact';
import { CONSOLE_CONFIG_PATH, type ConsoleConfig } from '#contract/console-config.ts';
import { App } from './app.tsx';
import { type Browser, enter } from './entry.ts';
import './styles.css';
import { TEXTS } from './texts.ts';

/** How long the page waits before it asks a server again that does not respond, milliseconds. */
const RETRY_MS = 2_000;

// A request counts as pending before the next event. With the default, a timer, the second click of a double click would
// send it again.
notifyManager.setScheduler(queueMicrotask);

const root = document.querySelector('#app');
if (root !== null) await start(root);

async function start(element: Element): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(CONSOLE_CONFIG_PATH);
      if (!response.ok) throw new Error(`status ${response.status}`);
      await show((await response.json()) as ConsoleConfig, element);
      return;
    } catch {
      render(<p role="status">{TEXTS.connection.gone}</p>, element);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function show(config: ConsoleConfig, element: Element): Promise<void> {
  const browser: Browser = {
    storages: { lasting: localStorage, ofTab: sessionStorage },
    // A live reference, not a copy: after a sign-in the console returns to the screen that was open when it began.
    location,
    goTo: (url) => location.assign(url),
    replaceAddress: (address) => history.replaceState(null, '', address),
  };
  if (config.issuer !== undefined) render(<p role="status">{TEXTS.signIn.waiting}</p>, element);
  // Only pages with a sign-in at an issuer load its code.
  const entry = await enter(config, browser, async () => (await import('./issuer.ts')).Issuer);
  if (entry !== 'leaving') render(<App config={config} browser={browser} entry={entry} />, element);
}
