type Listener = (event: Event) => void;

/** The worker in which VHS looks into media, as far as it is listened to. */
export interface VhsWorker {
  addEventListener(type: 'message' | 'error', listener: Listener): void;
  removeEventListener(type: 'message' | 'error', listener: Listener): void;
}

/**
 * VHS 3.17 takes an answer of its worker for that to every request of its kind. After a seek two may wait: then the segment
 * that is wanted gets the bytes of the one that is not any more, and fails at memory that was passed on meanwhile ("detached
 * ArrayBuffer") or appends the wrong media. The worker answers in the order in which it was asked, so that each answer
 * belongs to the first who waits for one of its kind; whoever takes it listens no more. What it fails at it does not answer.
 */
export function answerInTurn(worker: VhsWorker): void {
  const waiting: Listener[] = [];
  worker.addEventListener('message', (event) => {
    for (const listener of [...waiting]) {
      listener(event);
      if (!waiting.includes(listener)) return;
    }
  });
  worker.addEventListener('error', () => {
    waiting.shift();
  });
  worker.addEventListener = (_type, listener) => {
    waiting.push(listener);
  };
  worker.removeEventListener = (_type, listener) => {
    const at = waiting.indexOf(listener);
    if (at !== -1) waiting.splice(at, 1);
  };
}
