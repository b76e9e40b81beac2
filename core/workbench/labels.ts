/** Names and values that users give a workbench, to find it again. The controller does nothing else with them. */
export type Labels = Readonly<Record<string, string>>;

/** The most labels of a workbench. */
export const LABELS_MAX = 10;
/** The most bytes of all keys and values together, UTF-8. The space in the record limits it: docs/decisions/0040-space-in-the-record.md. */
export const LABELS_MAX_BYTES = 256;
/** The maximum length of a value, in Unicode code points. */
export const LABEL_VALUE_MAX = 64;

export const LABEL_KEY = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,31}$/;
/** The comma separates labels in a query. */
const FORBIDDEN_IN_VALUE = /[\p{Cc},]/u;

function isLabelValue(text: string): boolean {
  return !FORBIDDEN_IN_VALUE.test(text) && text.isWellFormed() && [...text].length <= LABEL_VALUE_MAX;
}

/** Whether a workbench can have these labels. */
export function areLabels(labels: Labels): boolean {
  const entries = Object.entries(labels);
  const bytes = entries.reduce((sum, entry) => sum + new TextEncoder().encode(entry.join('')).length, 0);
  return (
    entries.length <= LABELS_MAX &&
    bytes <= LABELS_MAX_BYTES &&
    entries.every(([key, value]) => LABEL_KEY.test(key) && isLabelValue(value))
  );
}
