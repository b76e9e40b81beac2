/**
 * How many files and folders a janitor deletes at the same time. A deletion on EFS takes some milliseconds, nearly all of
 * them waiting. The thread pool of the function has as many threads, because each deletion occupies one.
 */
export const JANITOR_DELETIONS_AT_ONCE = 32;
