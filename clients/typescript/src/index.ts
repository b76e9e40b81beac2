export {
  type CallOptions,
  type CreateOptions,
  type CreateRequest,
  type OpenedWorkbench,
  type UpdateRequest,
  WorkbenchClient,
  type WorkbenchClientOptions,
} from './client.ts';
export {
  type QuotaRefusal,
  WorkbenchApiError,
  WorkbenchConnectionError,
  type WorkbenchErrorCode,
} from './errors.ts';
export type { RetryOptions } from './retry.ts';
export type { components, operations, paths } from './schema.ts';
export type { UsageFilter, UsageReport } from './usage.ts';
export {
  describeStatus,
  type WaitOptions,
  type WaitProgress,
  type WaitTarget,
  WorkbenchWaitError,
} from './wait.ts';
export type {
  Caller,
  CreatedShareLink,
  CreatePreview,
  HistoryEntry,
  ListFilter,
  LogLine,
  LogPage,
  LogPageOptions,
  NamedSize,
  Quota,
  Share,
  ShareLink,
  ShareLinkRequest,
  ShareRequest,
  StartTimes,
  Template,
  TemplateList,
  Usage,
  UsagePage,
  Workbench,
  WorkbenchStatus,
} from './workbench.ts';
