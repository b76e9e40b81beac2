import { render } from 'preact';
import { CONSOLE_CONFIG_PATH, type ConsoleConfig } from '#contract/console-config.ts';
import { App } from './app.tsx';
import './styles.css';
import { TEXTS } from './texts.ts';

/** How long the page waits before it asks a server again that does not respond, milliseconds. */
const RETRY_MS = 2_000;

const root = document.querySelector('#app');
if (root !== null) await start(root);

async function start(element: Element): Promise<void> {
  for (;;) {
    try {
      const response = await fetch(CONSOLE_CONFIG_PATH);
      if (!response.ok) throw new Error(`status ${response.status}`);
      const config = (await response.json()) as ConsoleConfig;
      render(<App config={config} />, element);
      return;
    } catch {
      render(<p role="status">{TEXTS.connection.gone}</p>, element);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
