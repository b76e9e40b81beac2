/** Limits the work of one call. */
export interface CallBudget {
  /** Returns false when this call must not handle another entry. */
  spend(): boolean;
}

/** Allows at most `entries` entries, and none after `ms` milliseconds, but at least one. */
export function callBudget(entries: number, ms: number, now: () => number): CallBudget {
  const end = now() + ms;
  let spent = 0;
  return {
    spend() {
      if (spent >= entries || (spent > 0 && now() >= end)) return false;
      spent += 1;
      return true;
    },
  };
}
