import type { components } from './schema.ts';

export type Workbench = components['schemas']['Workbench'];
export type HistoryEntry = components['schemas']['HistoryEntry'];
export type WorkbenchStatus = Workbench['status'];
