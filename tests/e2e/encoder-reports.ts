import { reportEncoder } from '../../src/processes/encoder-report.ts';
import type { Store } from '../../src/store/store.ts';

/** How the encoder of a stream does: it works, its source sends nothing, or it does not run. */
export type EncoderState = 'works' | 'silent' | 'gone';

/** What the encoder of a stream reports of itself, of which there is none otherwise. */
export class EncoderReports {
  readonly #store: Store;
  readonly #stream: string;
  #frames = 0;
  #isSilent = false;
  #stop: (() => Promise<void>) | undefined;

  constructor(store: Store, stream: string) {
    this.#store = store;
    this.#stream = stream;
  }

  async set(state: EncoderState): Promise<void> {
    this.#isSilent = state === 'silent';
    if (state !== 'gone') {
      this.#stop ??= reportEncoder(this.#store, this.#stream, () => this.#count());
      return;
    }
    const stop = this.#stop;
    this.#stop = undefined;
    await stop?.();
  }

  #count(): number {
    if (!this.#isSilent) this.#frames += 1;
    return this.#frames;
  }
}
