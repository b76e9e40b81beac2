import type { OriginGuard } from '#adapters/http-server/origin-guard.ts';
import type { AuditEvent } from '#core/audit/audit-event.ts';
import type { RunningWorkbench } from '#core/gate/list-running.ts';
import type { Evidence } from '#core/ports/activity-store.ts';
import type { PortErrorKind } from '#core/ports/port-error.ts';
import type { SessionCutoffs } from '#core/ports/session-cutoff-store.ts';
import type { Share } from '#core/ports/share-store.ts';
import type { Ticket } from '#core/ports/ticket-store.ts';
import type { StoredRecord } from '#core/workbench/record-codec.ts';
import type { StartTimesSummary } from '#core/workbench/start-times.ts';
import type { WorkbenchKey } from '#core/workbench/workbench.ts';
import type { ProxyKind } from '#gate/forward-auth/proxy-kind.ts';
import type { PageLook } from '#gate/pages/page-renderer.ts';
import type { CommandResult, LinkResult } from '#gate/ports.ts';
import type { SignInMethod } from '#gate/sign-in/sign-in-method.ts';
import type { AddressMode } from '#gate/workbench-addresses.ts';

/**
 * The messages between the controller of local mode and the process of its gate. Both processes run the same version of
 * this code. They are sent as JSON by the channel of `child_process.fork`.
 */

/** The settings of the gate. A message has them, not its arguments and variables, which other users may read. */
export interface LocalGateSettings {
  readonly bindAddress: string;
  /** The host name in printed addresses. */
  readonly hostname: string;
  /** The public URL of the shared host. Absent: `hostname` and the port. */
  readonly baseUrl?: string;
  readonly addressMode: AddressMode;
  readonly guard: Pick<OriginGuard, 'hosts' | 'origins'>;
  readonly look: PageLook;
  /** Absent: the gate is open to everybody who reaches it. */
  readonly signIn?: {
    /** Absent if only tickets admit. */
    readonly method?: SignInMethod | undefined;
    /** The secrets that seal the cookies. */
    readonly keys: { readonly current: string; readonly previous?: string | undefined };
    /** How long groups count after a sign-in, milliseconds. @default that of a session */
    readonly groupsMaxAgeMs?: number | undefined;
    /** The origins of RESTAPI_CORS_ORIGIN. */
    readonly frontendOrigins: readonly string[];
  };
  /** The key with which the controller asks whether the gate reaches a task. Absent: it does not ask. */
  readonly probeKey?: string;
  /** Whether shares with the organisation count. */
  readonly organisationShares: boolean;
  /** Whether the visit of a person starts a stopped workbench. */
  readonly startsOnVisit: boolean;
  /** Whether the pages of workbenches show when and why the workbench stops. */
  readonly stopNotice: boolean;
  /** The address of the console. Absent: it is not known, or there is none. */
  readonly consoleUrl?: string;
  /** Present if another proxy forwards, and asks this gate. */
  readonly proxy?: { readonly kind: ProxyKind; readonly port: number };
}

/** The requests of the gate: their names, arguments and results. Every argument and result is JSON. */
export interface GateCalls {
  readonly findWorkbench: {
    readonly argument: { readonly workbenchId: string };
    readonly result: WorkbenchKey | null;
  };
  /** A record is sent in its stored form: its dates and absent fields survive JSON. */
  readonly readWorkbench: { readonly argument: WorkbenchKey; readonly result: StoredRecord | null };
  readonly listShares: {
    readonly argument: { readonly workbenchId: string };
    readonly result: readonly Share[];
  };
  readonly listRunning: {
    readonly argument: Readonly<Record<string, never>>;
    readonly result: readonly RunningWorkbench[];
  };
  readonly recordActivity: {
    readonly argument: { readonly workbenchId: string; readonly at: number };
    readonly result: null;
  };
  readonly readEvidence: {
    readonly argument: { readonly workbenchId: string; readonly runId: string };
    readonly result: Evidence;
  };
  readonly appendAudit: {
    /** @property once whether `appendOnce` is called */
    readonly argument: { readonly event: AuditEvent; readonly once: boolean };
    readonly result: null;
  };
  readonly listStartTimes: {
    readonly argument: Readonly<Record<string, never>>;
    readonly result: readonly StartTimesSummary[];
  };
  readonly createTicket: { readonly argument: Ticket; readonly result: null };
  readonly readTicket: { readonly argument: { readonly hash: string }; readonly result: Ticket | null };
  readonly burnTicket: { readonly argument: { readonly hash: string }; readonly result: Ticket | null };
  readonly raiseCutoff: {
    readonly argument: {
      readonly userId: string;
      readonly at: number;
      readonly issuerSession?: string | undefined;
    };
    readonly result: null;
  };
  readonly readCutoffs: { readonly argument: { readonly userId: string }; readonly result: SessionCutoffs };
  readonly startWorkbench: { readonly argument: WorkbenchKey; readonly result: CommandResult };
  readonly stopWorkbench: { readonly argument: WorkbenchKey; readonly result: CommandResult };
  readonly previewLink: { readonly argument: LinkArgument; readonly result: LinkResult };
  readonly redeemLink: { readonly argument: LinkArgument; readonly result: LinkResult };
}

interface LinkArgument {
  readonly userId: string;
  readonly code: string;
}

export type GateCall = keyof GateCalls;
export type ArgumentOf<C extends GateCall> = GateCalls[C]['argument'];
export type ResultOf<C extends GateCall> = GateCalls[C]['result'];

/** Why a request failed: a PortError, or an unreadable record. */
export interface CallFailure {
  readonly kind: PortErrorKind | 'unreadable';
  readonly message: string;
}

export interface GateRequestMessage<C extends GateCall = GateCall> {
  readonly type: 'request';
  readonly id: number;
  readonly call: C;
  readonly argument: ArgumentOf<C>;
  /** After this time of `monotonicMs` the gate has given up, and the request must not be executed. */
  readonly deadline: number;
}

export type ToGate =
  | { readonly type: 'settings'; readonly settings: LocalGateSettings }
  | { readonly type: 'listen'; readonly port: number }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly failure: CallFailure }
  /** The gate responds with `pong`. */
  | { readonly type: 'ping' }
  /** Ends the gate after the responses in progress, for which it waits at most `graceMs`. */
  | { readonly type: 'close'; readonly graceMs: number };

export type FromGate =
  | { readonly type: 'listening'; readonly port: number }
  /** A StartError: its message, and the code of the system. The gate waits for another port. */
  | { readonly type: 'not_listening'; readonly message: string; readonly code?: string }
  | { readonly type: 'pong' }
  /** The gate has received SIGTERM, and continues until the controller ends it. */
  | { readonly type: 'terminated' }
  | GateRequestMessage;

/** How long the gate waits for the result of a request, milliseconds. */
export const CALL_TIMEOUT_MS = 2_000;

/** The most requests of the gate that wait for their results, and the most messages that the controller has not taken. */
export const CALLS_MAX = 256;

/** Milliseconds of a clock that all processes of the computer share and that is never set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
