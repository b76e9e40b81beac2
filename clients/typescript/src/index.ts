export {
  type CallOptions,
  type CreateOptions,
  type CreateRequest,
  type OpenedWorkbench,
  type UpdateRequest,
  WorkbenchClient,
  type WorkbenchClientOptions,
} from './client.ts';
export { WorkbenchApiError, WorkbenchConnectionError, type WorkbenchErrorCode } from './errors.ts';
export type { RetryOptions } from './retry.ts';
export type { components, operations, paths } from './schema.ts';
export {
  describeStatus,
  type WaitOptions,
  type WaitProgress,
  type WaitTarget,
  WorkbenchWaitError,
} from './wait.ts';
export type {
  Caller,
  HistoryEntry,
  ListFilter,
  LogLine,
  LogPage,
  LogPageOptions,
  Share,
  ShareRequest,
  StartTimes,
  Workbench,
  WorkbenchStatus,
} from './workbench.ts';
