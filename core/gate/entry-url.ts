import { type GateAddress, urlOfWorkbench } from './gate-host.ts';

/** The path below the URL of a workbench at which a ticket is exchanged for a session. */
export const ENTRY_PATH = '/.wb/enter';

/**
 * Returns the URL that exchanges a ticket for a session on the host of the workbench.
 * @param path where the browser goes then: path and query of the workbench's origin
 */
export function entryUrlOf(address: GateAddress, workbenchId: string, secret: string, path: string): string {
  return `${urlOfWorkbench(address, workbenchId)}${ENTRY_PATH}?${new URLSearchParams({ t: secret, p: path })}`;
}
