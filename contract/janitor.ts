/**
 * How many files and folders a janitor deletes or measures at the same time. A call on EFS takes some milliseconds, nearly all
 * of them waiting. The thread pool of the function has as many threads, because each call occupies one.
 */
export const JANITOR_ENTRIES_AT_ONCE = 32;
