import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { after, afterEach, before } from 'node:test';
import { framesChannelName } from '../../src/frames/frames-channel.ts';
import {
  applyMarkerEntry,
  emptyMarkerState,
  type Marker,
  type MarkerEntry,
  markerLogName,
} from '../../src/hls/marker-log.ts';
import type { Store } from '../../src/store/store.ts';
import { ForkedStore, kill } from '../store/forked-store.ts';
import { until } from '../until.ts';

const STREAM = 'room';

/** A store in a process of its own, and detectors of the stream `room` in theirs, which end with their test. */
export class ForkedDetectors {
  readonly #processes = new ForkedStore();
  readonly #children = new Set<ChildProcess>();
  #store: Store | undefined;

  /** Belongs to the suite that makes it: begins and ends with that. */
  constructor() {
    before(async () => {
      await this.#processes.startSync();
      this.#store = this.#processes.client();
    });
    afterEach(async () => {
      for (const child of this.#children) await kill(child);
      this.#children.clear();
    });
    after(() => this.#processes.close());
  }

  get store(): Store {
    return this.#store ?? assert.fail('the suite has not begun');
  }

  /** Forks a script, which may use the store. */
  fork(script: URL, args: readonly string[]): ChildProcess {
    const child = fork(script, args, {
      serialization: 'advanced',
      env: { ...process.env, HLSSTREAM_LAUNCHED: '1' },
    });
    this.#children.add(child);
    this.#processes.relay.attachClient(child);
    return child;
  }

  /** Resolves when so many look at the stream's pictures. */
  listening(count: number): Promise<void> {
    return until(
      `${count} detectors listen`,
      10,
      async () => (await this.store.subscribers(framesChannelName(STREAM))) === count,
    );
  }

  /** What is marked in the stream, in order. */
  async markers(): Promise<Marker[]> {
    const state = emptyMarkerState();
    for (const { value } of await this.store.read(markerLogName(STREAM)))
      applyMarkerEntry(state, value as MarkerEntry);
    return state.order.map((id) => state.markers.get(id) as Marker);
  }
}
