import { Agent, request } from 'node:http';

/** What became of the requests of a crowd. */
export interface Outcomes {
  /** Requests that were answered, by status. */
  readonly answered: Map<number, number>;
  /** Connections that were reset or refused while a request was under way. */
  lost: number;
  /** Requests that had no outcome within the bound. Must stay empty. */
  readonly hung: string[];
}

/** Low-latency viewers under way. */
export interface Crowd {
  readonly outcomes: Outcomes;
  /** How many rounds (a blocking reload and the part it announced) each viewer has finished. */
  readonly rounds: readonly number[];
  /** The longest that each viewer waited for a part since this was last asked, in milliseconds; waits under way count. */
  longestWaits(): number[];
  /** Ends all; resolves when the last request has its outcome. */
  stop(): Promise<void>;
}

/** How long a request may take, in milliseconds: above the 3 target durations after which a server gives up. */
const BOUND_MS = 12_000;

/**
 * Lets `count` viewers watch at the live edge, each over a connection of its own that is kept alive: a blocking
 * reload for what comes next, then the part it announced.
 * @param playlist URL of the Media Playlist
 */
export function crowd(playlist: string, count: number): Crowd {
  const outcomes: Outcomes = { answered: new Map(), lost: 0, hung: [] };
  const rounds = new Array<number>(count).fill(0);
  const gotAt = new Array<number>(count).fill(performance.now());
  const longest = new Array<number>(count).fill(0);
  const waited = (viewer: number) => performance.now() - (gotAt[viewer] ?? 0);
  const over = new AbortController();
  const watch = async (viewer: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let url = playlist;
    while (!over.signal.aborted) {
      const text = await fetchText(url, agent, outcomes);
      const next = text === undefined ? undefined : whatIsNext(text);
      if (next === undefined) {
        url = playlist;
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      const { msn, part } = next;
      url = `${playlist}?_HLS_msn=${msn}&_HLS_part=${part}`;
      const media = await fetchText(new URL(next.hint, playlist).href, agent, outcomes);
      if (media === undefined) continue;
      rounds[viewer] = (rounds[viewer] ?? 0) + 1;
      longest[viewer] = Math.max(longest[viewer] ?? 0, waited(viewer));
      gotAt[viewer] = performance.now();
    }
    agent.destroy();
  };
  const watching = Promise.all(rounds.map((_, viewer) => watch(viewer)));
  return {
    outcomes,
    rounds,
    longestWaits: () =>
      longest.splice(0, count, ...rounds.map(() => 0)).map((wait, viewer) => Math.max(wait, waited(viewer))),
    stop: async () => {
      over.abort();
      await watching;
    },
  };
}

function whatIsNext(playlist: string): { hint: string; msn: number; part: number } | undefined {
  const hint = /#EXT-X-PRELOAD-HINT:TYPE=PART,URI="((\d+)\.(\d+)\.m4s)"/.exec(playlist);
  return hint === null ? undefined : { hint: hint[1] ?? '', msn: Number(hint[2]), part: Number(hint[3]) };
}

/** The body of a 200, or undefined; every outcome is counted. */
function fetchText(url: string, agent: Agent, outcomes: Outcomes): Promise<string | undefined> {
  return new Promise((resolve) => {
    let settled = false;
    const settle = (count: () => void, text?: string) => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      count();
      resolve(text);
    };
    const lost = () =>
      settle(() => {
        outcomes.lost += 1;
      });
    const asked = request(url, { agent }, (response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      response.setEncoding('latin1');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', lost);
      response.on('end', () =>
        settle(
          () => outcomes.answered.set(status, (outcomes.answered.get(status) ?? 0) + 1),
          status === 200 ? text : undefined,
        ),
      );
    });
    asked.on('error', lost);
    const timer = setTimeout(() => {
      settle(() => outcomes.hung.push(url));
      asked.destroy();
    }, BOUND_MS);
    asked.end();
  });
}
