import {
  type FromClient,
  type FromSync,
  type StorePort,
  sendTo,
  type ToClient,
} from '../store/ipc/messages.ts';

/**
 * Passes store messages between the sync child and its clients, each a `ChildProcess` or a cluster `Worker`.
 * It reads envelopes and never bodies, keeps nothing, and leaves every other message to whoever listens for it.
 */
export class Relay {
  readonly #clients = new Map<number, StorePort>();
  #sync: StorePort | undefined;
  #detachSync = () => {};
  #lastId = 0;

  /** From now on `child` is the store. Clients hear `up`, and `down` as soon as it is gone. */
  attachSync(child: StorePort): void {
    this.#detachSync();
    this.#sync = child;
    const detach = listen(child, {
      onMessage: ([, id, batch]: FromSync) => {
        const client = this.#clients.get(id);
        if (client !== undefined) sendTo(client, ['store', batch]);
      },
      onGone: () => this.#detachSync(),
    });
    this.#detachSync = () => {
      detach();
      this.#detachSync = () => {};
      this.#sync = undefined;
      this.#sendAll(['store-state', 'down']);
    };
    this.#sendAll(['store-state', 'up']);
  }

  /** Lets `child` use the store until it is gone, or until the function returned is called. */
  attachClient(child: StorePort): () => void {
    this.#lastId += 1;
    const id = this.#lastId;
    this.#clients.set(id, child);
    const stopListening = listen(child, {
      onMessage: ([, batch]: FromClient) => {
        if (this.#sync !== undefined) sendTo(this.#sync, ['store', id, batch]);
        else sendTo(child, ['store-state', 'down']);
      },
      onGone: () => detach(),
    });
    const detach = () => {
      if (!this.#clients.delete(id)) return;
      stopListening();
      if (this.#sync !== undefined) sendTo(this.#sync, ['store-gone', id]);
    };
    sendTo(child, ['store-state', this.#sync === undefined ? 'down' : 'up']);
    return detach;
  }

  #sendAll(message: ToClient): void {
    for (const client of this.#clients.values()) sendTo(client, message);
  }
}

/** Calls `onMessage` for store messages and `onGone` when the child is; returns the unsubscribe. */
function listen<T>(
  child: StorePort,
  on: { onMessage: (message: T) => void; onGone: () => void },
): () => void {
  const receive = (message: unknown) => {
    if (Array.isArray(message) && message[0] === 'store') on.onMessage(message as T);
  };
  child.on('message', receive);
  // Not `exit`: that may come while its last messages are still unread.
  child.on('disconnect', on.onGone);
  return () => {
    child.off('message', receive);
    child.off('disconnect', on.onGone);
  };
}
