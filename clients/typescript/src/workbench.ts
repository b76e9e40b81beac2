import type { components, operations } from './schema.ts';

type Query<Operation extends keyof operations> = NonNullable<operations[Operation]['parameters']['query']>;
type Response<Operation extends keyof operations> = operations[Operation] extends {
  responses: { 200: { content: { 'application/json': infer Body } } };
}
  ? Body
  : never;

export type Workbench = components['schemas']['Workbench'];
export type HistoryEntry = components['schemas']['HistoryEntry'];
export type WorkbenchStatus = Workbench['status'];
/** Which workbenches a list has: those that match all fields. */
export type ListFilter = Pick<
  Query<'listWorkbenches'>,
  'shared' | 'deleted' | 'status' | 'name' | 'q' | 'label'
>;
export type Caller = Response<'getMe'>['item'];
export type Quota = Response<'getOwnQuota'>['item'];
type DryRun = Exclude<Response<'createWorkbench'>['item'], Workbench>;
/** What a creation would cost, and what it would hold and leave of the quota. */
export interface CreatePreview {
  readonly estimate: DryRun['estimate'];
  readonly quota: DryRun['quota'];
}
export type LogPage = Response<'listLogs'>;
export type LogLine = LogPage['items'][number];
export type LogPageOptions = Omit<Query<'listLogs'>, 'user_id'>;
export type Share = Response<'listShares'>['items'][number];
export type ShareRequest = NonNullable<operations['setShare']['requestBody']>['content']['application/json'];
export type ShareLink = Response<'listShareLinks'>['items'][number];
export type ShareLinkRequest = NonNullable<
  operations['createShareLink']['requestBody']
>['content']['application/json'];
/** A link with its secret. */
export type CreatedShareLink = Response<'createShareLink'>['item'];
export type StartTimes = Response<'listStartTimes'>['items'][number];
export type Template = Response<'listTemplates'>['items'][number];
/** A size that can be requested by its name. */
export type NamedSize = Response<'listTemplates'>['sizes'][number];
export interface TemplateList {
  readonly templates: readonly Template[];
  readonly sizes: readonly NamedSize[];
  readonly currency: 'USD';
  /** Which prices were used. */
  readonly basis: string;
}
export type UsagePage = Response<'listUsage'>;
/** What a workbench has cost one owner in one month. */
export type Usage = UsagePage['items'][number];
