// Some phones kill a tab in the midst of inferences. A mark set before and taken away after a job tells the next load of
// the page which job it was. Leaving or reloading the page is no crash and takes the mark away, too.

const markKey = "nacre-job-under-way";
const lockName = "nacre-measures";

/** Where marks are kept, and whether another tab of this browser measures just now. */
export interface MarkPlace {
  storage: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  locks?: Pick<LockManager, "request">;
  page: Pick<EventTarget, "addEventListener" | "removeEventListener">;
}

/** The job in whose midst an earlier load ended without a word, told once; undefined if there is none. */
export async function crashedJob({ storage, locks }: MarkPlace): Promise<string | undefined> {
  const job = storage.getItem(markKey);
  if (!job) return undefined;
  // A tab that lives holds the lock as long as its mark stands.
  const alive = await locks?.request(lockName, { ifAvailable: true }, (lock) => lock === null);
  if (alive) return undefined;
  storage.removeItem(markKey);
  return job;
}

/** Does `work` with the mark of `job` set. */
export async function withMark<Value>(place: MarkPlace, job: string, work: () => Promise<Value>): Promise<Value> {
  const { storage, locks, page } = place;
  const clear = () => {
    if (storage.getItem(markKey) === job) storage.removeItem(markKey);
  };
  const marked = async () => {
    page.addEventListener("pagehide", clear);
    storage.setItem(markKey, job);
    try {
      return await work();
    } finally {
      clear();
      page.removeEventListener("pagehide", clear);
    }
  };
  // Without the lock, too: the tab that holds it has lost its lease to this one and is about to find out.
  return await (locks ? locks.request(lockName, { ifAvailable: true }, marked) : marked());
}
