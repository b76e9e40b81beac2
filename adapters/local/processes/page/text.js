/**
 * Converts between the text of a file and the text of a text area, which uses LF only. Saving restores the line
 * ends of the file.
 */

/**
 * @param {string} text the content of the file
 * @returns {{ shown: string, lineEnd: '\n' | '\r\n' | '\r', mixed: boolean }} mixed: the file has several kinds of line ends
 */
export function toShown(text) {
  const counts = new Map([
    ['\n', 0],
    ['\r\n', 0],
    ['\r', 0],
  ]);
  for (const [lineEnd] of text.matchAll(/\r\n|\n|\r/g)) counts.set(lineEnd, counts.get(lineEnd) + 1);
  const [[lineEnd]] = [...counts].sort(([, a], [, b]) => b - a);
  const mixed = [...counts.values()].filter((count) => count > 0).length > 1;
  return { shown: text.replace(/\r\n|\r/g, '\n'), lineEnd, mixed };
}

/**
 * @param {string} shown
 * @param {string} lineEnd
 */
export function toSaved(shown, lineEnd) {
  return shown.replaceAll('\n', lineEnd);
}

/**
 * Returns a name for a copy in the same folder: `notes.txt` → `notes (mine).txt`, `notes (mine 2).txt`, …
 *
 * @param {string} path
 * @param {number} count from 1
 */
export function copyName(path, count) {
  const slash = path.lastIndexOf('/') + 1;
  const dot = path.lastIndexOf('.');
  const end = dot > slash ? dot : path.length;
  const mark = count === 1 ? '(mine)' : `(mine ${count})`;
  return `${path.slice(0, end)} ${mark}${path.slice(end)}`;
}

/** @param {number} bytes */
export function sizeText(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
