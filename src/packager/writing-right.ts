import type { Fence } from '../store/store.ts';
import type { GuardedStorage, HeldLease } from './guarded-storage.ts';

/** The right to tell the store about a stream; see {@link ../lease/lease.ts}. */
export interface WritingRight {
  /** What every entry carries. */
  readonly fence: Fence;
  /** Whether entries may be told: the lease surely holds, and all media they speak of is in storage. */
  readonly clear: boolean;
  /**
   * Called before all that is listed is told again. `lost`: somebody else tells from now on.
   * @param fenced the store has refused our fence
   */
  regain(fenced: boolean): Promise<'held' | 'lost' | 'unknown'>;
}

/** A lease that fences. */
export interface FencingLease extends HeldLease {
  readonly fence: Fence;
  /** Asks for a new fence, for the store refuses the one we have. */
  renewFence(): Promise<'held' | 'lost' | 'unknown'>;
}

/** The right that a lease gives; media that waited is written before anything is told of it. */
export function writingRight(lease: FencingLease, media: GuardedStorage): WritingRight {
  return {
    get fence() {
      return lease.fence;
    },
    get clear() {
      return lease.held && media.waiting === 0;
    },
    async regain(fenced) {
      const state = await (fenced ? lease.renewFence() : lease.confirm());
      if (state !== 'held') return state;
      // An answer that took longer than the lease lasts is none.
      if (!lease.held) return 'unknown';
      await media.flush();
      return 'held';
    },
  };
}
