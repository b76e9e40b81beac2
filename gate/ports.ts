import type { FoundLinkItem } from '#contract/share-link-bodies.ts';
import type { ActivityStore } from '#core/ports/activity-store.ts';
import type { AuditStore } from '#core/ports/audit-store.ts';
import type { SessionCutoffStore } from '#core/ports/session-cutoff-store.ts';
import type { ShareStore } from '#core/ports/share-store.ts';
import type { Telemetry } from '#core/ports/telemetry.ts';
import type { TicketStore } from '#core/ports/ticket-store.ts';
import type { WorkbenchStore } from '#core/ports/workbench-store.ts';
import type { StartTimesSummary } from '#core/workbench/start-times.ts';

/** What the gate reads and writes. On AWS these are the table; in local mode the controller's process, asked by messages. */
export interface GatePorts {
  readonly workbenches: Pick<WorkbenchStore, 'findByWorkbenchId' | 'read'>;
  readonly shares: Pick<ShareStore, 'listByWorkbench'>;
  readonly tickets: TicketStore;
  readonly cutoffs: SessionCutoffStore;
  readonly activity: Pick<ActivityStore, 'record' | 'readEvidence'>;
  readonly audit: Pick<AuditStore, 'append' | 'appendOnce'>;
  /** How long starts of the last weeks took, by group. */
  readonly startTimes: { list(): Promise<readonly StartTimesSummary[]> };
  readonly commands: WorkbenchCommands;
  readonly telemetry: Telemetry;
}

/** The commands that the pages of the gate offer. They go through the API, with its checks and limits. */
export interface WorkbenchCommands {
  /** @param userId the owner of the workbench; the visitor was authorized before */
  start(userId: string, workbenchId: string): Promise<CommandResult>;
  stop(userId: string, workbenchId: string): Promise<CommandResult>;
  /** Finds what a link gives to the user. */
  previewLink(userId: string, code: string): Promise<LinkResult>;
  /** Gives the user the share of a link. */
  redeemLink(userId: string, code: string): Promise<LinkResult>;
}

export type CommandResult = { readonly kind: 'accepted' } | FailedCommand;

export type LinkResult = { readonly kind: 'found'; readonly link: FoundLinkItem } | FailedCommand;

export type FailedCommand =
  /** The API refused it: a state that does not allow it, a limit, a workbench that no longer exists. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** No response from the API. The command may have had its effect. */
  | { readonly kind: 'unavailable' };
