import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ConsoleConfig } from '#contract/console-config.ts';
import type { Api, Me } from './api.ts';

/** What every screen needs. */
export interface ConsoleContext {
  readonly api: Api;
  readonly config: ConsoleConfig;
  readonly me: Me;
  /** Reads a short message to users of screen readers, and shows it for some seconds. */
  readonly announce: (message: string) => void;
}

export const Context = createContext<ConsoleContext | undefined>(undefined);

export function useConsole(): ConsoleContext {
  const context = useContext(Context);
  if (context === undefined) throw new Error('a screen is outside of the console');
  return context;
}
