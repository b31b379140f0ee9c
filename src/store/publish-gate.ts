/** How many publishes of one channel may wait for an answer. */
const UNANSWERED = 16;

interface ChannelState {
  unanswered: number;
  /** Messages dropped since the last one sent. */
  lost: number;
  /** What the last answer said. */
  subscribers: number;
}

/**
 * Keeps a publisher from heaping up messages in front of a connection that is slower than it: with too many
 * unanswered, further ones are dropped and counted, and the next one sent says how many.
 */
export class PublishGate {
  readonly #channels = new Map<string, ChannelState>();

  /** Asks for a place. With a place, `lost` goes along and `settled` must be called; else the message is dropped. */
  enter(channel: string, lost: number): PublishPass {
    const state = this.#channels.get(channel) ?? { unanswered: 0, lost: 0, subscribers: 0 };
    this.#channels.set(channel, state);
    state.lost += lost;
    if (state.unanswered >= UNANSWERED) {
      state.lost += 1;
      return { sent: false, subscribers: state.subscribers };
    }
    state.unanswered += 1;
    const lostBefore = state.lost;
    state.lost = 0;
    return {
      sent: true,
      lost: lostBefore,
      answered: (subscribers) => {
        state.subscribers = subscribers;
      },
      settled: () => {
        state.unanswered -= 1;
        if (state.unanswered === 0 && state.lost === 0) this.#channels.delete(channel);
      },
    };
  }
}

type PublishPass =
  | { readonly sent: false; readonly subscribers: number }
  | {
      readonly sent: true;
      readonly lost: number;
      readonly answered: (subscribers: number) => void;
      readonly settled: () => void;
    };
