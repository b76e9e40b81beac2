import { filesRateOf } from '../../cost/rates.ts';
import type { Workbench } from '../workbench.ts';
import type { Input } from './inputs.ts';

type Measurement = Extract<Input, { readonly type: 'files_measured' }>;

/** Stores the size of the files. From then on the workbench costs their price; what they cost before is not known. */
export function applyMeasurement(
  workbench: Workbench,
  { bytes, gibMonthPrice }: Measurement,
  now: number,
): Workbench {
  if (workbench.status === 'deleting') return workbench;
  return {
    ...workbench,
    files: { kib: Math.ceil(bytes / 1024), rate: filesRateOf(bytes, gibMonthPrice), at: now },
  };
}
