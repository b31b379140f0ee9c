import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import HLS from 'hls-parser';
import { timescaleOf, timesOf } from '../checker/fmp4-times.ts';
import { pollAndCheck } from '../checker/poll.ts';
import { tried } from '../long.ts';
import { freePort } from '../system/free-port.ts';
import { download, mediaPlaylist, mintEvents, type RunMedia } from '../system/judge.ts';
import { lives, type System, startSystem } from '../system/system.ts';
import { followEvents, type PosterOptions, postMarkers } from '../system/witnesses.ts';
import { until } from '../until.ts';
import { type Cell, type Disaster, nameOf, type Victim } from './cells.ts';
import { createInjector, type Kind } from './inject.ts';

/** What one cell cost those who watched. */
export interface Cost {
  /** The longest time in which no new media came, less that between two parts; in seconds. */
  readonly still: number;
  /** Video that was never recorded: jumps of the date, and gaps; in seconds. */
  readonly lost: number;
  /** Acknowledged markers that are not listed, or are twice. */
  readonly markersLost: number;
  /** What the reload checker says of the playlists meanwhile, and of the newest media. */
  readonly violations: readonly string[];
}

/** What is said of markers once all is over. */
export interface Truth {
  /**
   * Detected markers that lie on another frame than that in which the media first shows their event. Those of frames
   * that were lost with an encoder lie where there is no media, on no frame.
   */
  readonly misplaced: readonly string[];
  /** Detected markers that lie where there is no media and do not say so, or say so and do not. */
  readonly unsaid: readonly string[];
  /** Events that the media shows. */
  readonly shown: number;
  /** Markers that clients posted, and of those what the event stream did not tell exactly once. */
  readonly posted: number;
  readonly untold: readonly string[];
  /** Of those posted, those that are not listed exactly once. */
  readonly lost: readonly string[];
  /** Markers of a client that the event stream told in another order than they were acknowledged in. */
  readonly disordered: readonly string[];
  /** Posted markers that are elsewhere than was acknowledged, or whose date shows another frame than their time. */
  readonly moved: readonly string[];
}

interface Marker {
  readonly id: string;
  readonly time: number;
  readonly date: string;
  readonly source: string;
  readonly data?: { readonly beginUncertainty?: number | null; readonly frameLost?: true };
}

interface StreamPlace {
  readonly edge: number | null;
  readonly edgeDate: string | null;
}

const FLAGS = [
  ...['--size', '320x180', '--fps', '10', '--event-mean', '2', '--segment', '1', '--window', '3600'],
  ...['--thumbnail-interval', '0', '--memory', '128', '--log-level', 'warn'],
];
/** Side of an event's square at that size, in pixels. */
const BLOCK = 20;
/** A date and the beginning of a run are each written to the millisecond; in seconds. */
const AS_WRITTEN = 0.0021;
/** What times of the media are exact to, and far less than a frame lasts; in seconds. */
const TICK = 0.001;
/** Media come this often, in milliseconds. */
const PART = 300;
/** How long all must go well between two faults, in seconds of media. */
const REST = 1.2;

/** A system that is hurt again and again, and what its clients saw. Somebody starts its launcher anew, as systemd would. */
export class FaultySystem {
  #system!: System;
  #folder = '';
  #mounted = false;
  #flags: readonly string[] = [];
  readonly #injector;
  #posters: ReturnType<typeof postMarkers>[] = [];
  #reader: ReturnType<typeof followEvents> | undefined;

  private constructor(injector: Awaited<ReturnType<typeof createInjector>>) {
    this.#injector = injector;
  }

  /**
   * Starts it, clients that post ten markers a second between them, and one that reads the event stream.
   * @param posters one, or three: they put markers where the server likes, to a time and to a date
   * @param flags more of them
   */
  static async start(
    mounted = false,
    posters: 1 | 3 = 1,
    flags: readonly string[] = [],
  ): Promise<FaultySystem> {
    const self = new FaultySystem(await createInjector());
    self.#folder = await mkdtemp(join(tmpdir(), 'hlsstream-matrix-'));
    self.#mounted = mounted;
    if (mounted) await run('mount', '-t', 'tmpfs', '-o', 'size=64m', 'hlsstream', self.#folder);
    self.#flags = [...FLAGS, ...flags, '--port', `${await freePort()}`];
    await self.#launch();
    await until('the first segments', 30, async () => (await self.#edge()) > 2);
    const { cursor } = await self.#system.json<{ cursor: string }>('/markers');
    self.#reader = followEvents(self.url, cursor);
    for (let at = 0; at < posters; at += 1)
      self.#posters.push(postMarkers(self.url, 100 * posters, self.#places[at]));
    return self;
  }

  /** Where it serves; the same over every restart. */
  get url(): string {
    return this.#system.url;
  }

  /** Does this to it, waits until all is as before, and says what it cost. */
  async strike(cell: Cell): Promise<Cost> {
    const over = new AbortController();
    try {
      const before = await this.#edge();
      const checked = await this.checkUntil(over.signal);
      const watched = this.#watchEdge(over.signal);
      const since = new Date();
      await ('disaster' in cell ? this.#befall(cell.disaster) : this.#hurt(cell.victims, cell.kind));
      await until('media as before', 60, async () => (await this.#edge()) > before + REST);
      await this.#allWell();
      over.abort();
      const { violations } = await checked();
      return {
        still: Math.max(0, (await watched) - PART) / 1000,
        lost: await this.#lostSince(since),
        markersLost: await this.#markersLost(),
        violations: violations
          // What somebody deleted cannot be listed any longer, however little is left.
          .filter(({ rule }) => nameOf(cell) !== 'data directory deleted' || rule !== 'too-short')
          .map(({ rule, message }) => `${rule}: ${message}`),
      };
    } finally {
      over.abort();
    }
  }

  /**
   * Has the reload checker judge every playlist until a signal; once it knows which, nobody need answer any more.
   * @returns what waits for its verdict
   */
  async checkUntil(signal: AbortSignal) {
    const { uri } = await mediaPlaylist(`${this.url}/video/chessboard.m3u8`);
    const checked = pollAndCheck(uri, {
      ...{ seconds: 3600, signal, mayBeAway: () => true },
      // More than come while one thing happens; all of them are decoded at the end.
      media: tried(6, 10),
    });
    // Where the test ends otherwise, it meets a system that has been stopped.
    checked.catch(() => {});
    return () => checked;
  }

  /** Kills those of them that run now, in the same instant, and starts a launcher again; waits for nothing else. */
  async kill(roles: readonly Victim[]): Promise<number> {
    const { launcher } = this.#system;
    const all = await this.#system.pids('all');
    const pids = await Promise.all(
      roles.map(async (role) => (role === 'launcher' ? [launcher.pid ?? 0] : this.#system.pids(role))),
    );
    await this.#injector.inject(pids.flat().filter(lives), 'kill -9');
    if (roles.includes('launcher')) {
      await until('its children have left', 30, () => !all.some(lives));
      await this.#launchAgain();
    }
    return pids.flat().length;
  }

  /** Waits for a marker of a frame that is in no playlist yet, kills these then, and says which it was. */
  async killUnlisted(roles: readonly Victim[]): Promise<string> {
    let id: string | undefined;
    const pids = (await Promise.all(roles.map((role) => this.#system.pids(role)))).flat();
    await until('a marker of a frame that is not listed', 60, async () => {
      const newest = (await this.#markers()).findLast(({ source }) => source === 'mint-square');
      if (newest === undefined || newest.time < (await this.#edge())) return false;
      await this.#injector.inject(pids.filter(lives), 'kill -9');
      ({ id } = newest);
      return true;
    });
    return id ?? '';
  }

  /** Whether a marker says that its frame is lost, or has been withdrawn for that. */
  async isLost(id: string): Promise<boolean> {
    const marker = (await this.#markers()).find((one) => one.id === id);
    return marker === undefined || marker.data?.frameLost === true;
  }

  /** Resolves when there is new media, markers are taken and all is well. */
  async recovered(): Promise<void> {
    let before = 0;
    await until('an edge', 60, async () => {
      before = await this.#edge();
      return before > 0;
    });
    await until('new media', 60, async () => (await this.#edge()) > before + REST);
    await this.#allWell();
  }

  /** Resolves when the media shows an event that was found: then markers can be compared with it. */
  async hasShown(): Promise<void> {
    await until('an event in the media', 60, async () => {
      const found = (await this.#markers()).filter(({ source }) => source === 'mint-square');
      const edge = await this.#edge();
      // A segment of a second is listed when it is closed.
      return found.some(({ time, data }) => data?.frameLost !== true && time < edge - 1);
    });
  }

  async #allWell(): Promise<void> {
    const posted = this.#posters.map(({ ids }) => ids.length);
    const areTaken = () => this.#posters.every(({ ids }, at) => ids.length > (posted[at] ?? 0) + 2);
    await until('markers are taken', 30, areTaken).catch((error: unknown) => {
      const said = this.#posters.map(({ ids, failures }) => [ids.at(-1), ids.length, ...failures.slice(-3)]);
      throw new Error(`${error instanceof Error ? error.message : error}: ${JSON.stringify(said)}`);
    });
    await until('all is well', 60, async () => (await fetch(`${this.url}/readyz`)).status === 200);
  }

  /** Where the clients put their markers. */
  get #places(): PosterOptions[] {
    return [
      {},
      { name: 'timed', place: async () => ({ time: (await this.#stream()).edge ?? undefined }) },
      { name: 'dated', place: async () => ({ date: (await this.#stream()).edgeDate ?? undefined }) },
    ];
  }

  /**
   * Ends the clients, and compares markers with what the media shows.
   * @param least so many events it is to show: on a fast machine they come when all else is over
   */
  async truth(least: number): Promise<Truth> {
    await until(`${least} events in the media`, 120, async () => {
      const found = (await this.#markers()).filter(({ source }) => source === 'mint-square');
      return found.length >= least && (await this.#shown()).shown.length >= least;
    });
    await Promise.all(this.#posters.map((poster) => poster.stop()));
    const posted = this.#posters.flatMap(({ ids }) => ids);
    const told = (...ops: readonly string[]) =>
      (this.#reader?.changes ?? [])
        .filter(({ op, marker }) => ops.includes(op) && marker.class === 'posted')
        .map(({ marker }) => marker.id);
    const known = () => told('open', 'fetched');
    await until('the event stream told all', 10, () => new Set(known()).size >= posted.length).catch(
      () => {},
    );
    await this.#reader?.stop();
    const media = (await this.#segments()).filter(({ gap }) => !gap);
    const { runs, shown } = await this.#shown();
    const begins = shown.map(({ begin }) => begin);
    const first = begins[0] ?? 0;
    const last = begins.at(-1) ?? 0;
    const markers = await this.#markers();
    const misplaced = markers
      .filter(({ source, data }) => source === 'mint-square' && data?.beginUncertainty === undefined)
      // It has the date at which media goes on, and says itself that it lies on no frame: `unsaid` holds it to that.
      .filter(({ data }) => data?.frameLost !== true)
      .filter(({ date }) =>
        media.some(({ begin, end }) => begin <= Date.parse(date) && Date.parse(date) < end),
      )
      .map(({ id, time }) => ({ id, pts: Math.round(time * 1e6) }))
      .filter(({ pts }) => pts >= first && pts <= last && !begins.includes(pts))
      .map(({ id, pts }) => `${id} at ${pts}${placeIn(runs, pts)}`);
    const unsaid = unsaidOf(markers, runs);
    const all = known();
    const untold = posted.filter((id) => all.filter((one) => one === id).length !== 1);
    const disordered = this.#posters.flatMap(({ ids }) => {
      const inOrder = told('open').filter((id) => ids.includes(id));
      return ids.filter((id) => inOrder.includes(id)).filter((id, at) => inOrder[at] !== id);
    });
    const moved = this.#moved(markers, runs);
    const listed = markers.map(({ id }) => id);
    const lost = posted.filter(
      (id) => listed.indexOf(id) < 0 || listed.indexOf(id) !== listed.lastIndexOf(id),
    );
    return {
      misplaced,
      unsaid,
      shown: begins.length,
      posted: posted.length,
      untold,
      lost,
      disordered,
      moved,
    };
  }

  /** What the media shows now. */
  async #shown() {
    const runs = await download(`${this.url}/video/chessboard.m3u8`);
    return { runs, shown: await mintEvents(runs, BLOCK) };
  }

  #moved(markers: readonly Marker[], runs: readonly RunMedia[]): string[] {
    const begun = runs.map(({ bytes, segments }) => {
      const { start, duration } = timesOf(bytes, timescaleOf(bytes));
      return { start, until: start + duration, date: segments[0]?.date.getTime() ?? 0, end: endOf(segments) };
    });
    const said = new Map(this.#posters.flatMap(({ acknowledged }) => [...acknowledged]));
    return markers.flatMap(({ id, time, date, source }) => {
      const then = said.get(id);
      if (then !== undefined && (then.time !== time || then.date !== date))
        return [`${id} is at ${time} s, ${date}; acknowledged for ${then.time} s, ${then.date}`];
      const run = begun.find(({ date: from, end }) => Date.parse(date) >= from && Date.parse(date) < end);
      // One between two runs has the date at which media goes on, and lies on no frame.
      if (!begun.some(({ start, until }) => time >= start && time < until)) return [];
      const shown = run && run.start + (Date.parse(date) - run.date) / 1000;
      if (source === 'mint-square' || shown === undefined || Math.abs(shown - time) <= AS_WRITTEN) return [];
      return [`${id} at ${time} s has the date of what is shown at ${shown} s`];
    });
  }

  /** Ends it; rejects when anybody is left behind. */
  async stop(): Promise<void> {
    await Promise.all(this.#posters.map((poster) => poster.stop()));
    await this.#reader?.stop();
    await this.#system.stop();
    const left = await this.#system.pids('all');
    if (this.#mounted) await run('umount', '-l', this.#folder);
    await rm(this.#folder, { recursive: true, force: true });
    await this.#injector.close();
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  }

  async #launch(): Promise<void> {
    this.#system = await startSystem(this.#flags, undefined, this.#folder);
  }

  async #hurt(roles: readonly Victim[], kind: Kind): Promise<void> {
    const { launcher } = this.#system;
    const hurt = new Map<Victim, number>();
    for (const role of roles)
      await until(`a ${role}`, 30, async () => {
        const pid = role === 'launcher' ? launcher.pid : (await this.#system.pids(role))[0];
        if (pid !== undefined) hurt.set(role, pid);
        return pid !== undefined;
      });
    const all = await this.#system.pids('all');
    await this.#injector.inject([...hurt.values()], kind);
    if (roles.includes('launcher')) {
      await until('its children have left', 30, () => !all.some(lives));
      await this.#launchAgain();
    }
    for (const [role, pid] of hurt)
      if (role !== 'launcher')
        await until(`another ${role}`, 60, async () => {
          const now = await this.#system.pids(role);
          return now.length > 0 && !now.includes(pid) && !lives(pid);
        });
  }

  /** Ends the launcher, if it only hangs, as the watchdog of systemd would, and starts another. */
  async #launchAgain(): Promise<void> {
    const { launcher } = this.#system;
    if (launcher.exitCode === null && launcher.signalCode === null) await this.#system.kill();
    await this.#launch();
  }

  async #befall(disaster: Disaster): Promise<void> {
    if (disaster === 'all killed at once') {
      await this.#system.kill();
      return this.#launch();
    }
    if (disaster === 'data directory deleted') {
      for (const name of await readdir(this.#folder))
        await rm(join(this.#folder, name), { recursive: true, force: true });
      return;
    }
    if (disaster === 'started on a full disk') {
      await this.#system.kill();
      await this.#fill();
      await this.#launch();
      return rm(join(this.#folder, 'filler'));
    }
    if (disaster === 'disk full') {
      await this.#fill();
      await pause(5000);
      return rm(join(this.#folder, 'filler'));
    }
    // Over itself: where a file is open for writing nothing is made read-only. Those that are open go on being written.
    await run('mount', '--bind', this.#folder, this.#folder);
    await run('mount', '-o', 'remount,bind,ro', this.#folder);
    await pause(5000);
    await run('umount', '-l', this.#folder);
  }

  async #fill(): Promise<void> {
    // To the last byte, and it fails at that.
    await run('dd', 'if=/dev/zero', `of=${join(this.#folder, 'filler')}`, 'bs=4k').catch(() => {});
  }

  async #edge(): Promise<number> {
    return (await this.#stream()).edge ?? 0;
  }

  async #stream(): Promise<StreamPlace> {
    const response = await fetch(`${this.url}/streams`, { signal: AbortSignal.timeout(3000) });
    const { streams } = (await response.json()) as { streams: StreamPlace[] };
    return streams[0] ?? { edge: null, edgeDate: null };
  }

  /** The longest time, in milliseconds, in which the edge stood still or nobody said where it is. */
  async #watchEdge(over: AbortSignal): Promise<number> {
    let [edge, at, longest] = [0, performance.now(), 0];
    while (!over.aborted) {
      const now = await this.#edge().catch(() => 0);
      if (now > edge) {
        longest = Math.max(longest, performance.now() - at);
        [edge, at] = [now, performance.now()];
      }
      // It is a figure of the table that is printed by hand.
      await pause(tried(250, 50));
    }
    return Math.max(longest, performance.now() - at);
  }

  async #lostSince(since: Date): Promise<number> {
    let lost = 0;
    let before: number | undefined;
    for (const { begin, end, gap } of await this.#segments()) {
      if (end > since.getTime()) {
        if (before !== undefined && begin - before > 50) lost += begin - before;
        if (gap) lost += end - begin;
      }
      before = end;
    }
    return lost / 1000;
  }

  /** What is listed: dates in milliseconds since the Unix epoch. */
  async #segments(): Promise<{ begin: number; end: number; gap: boolean }[]> {
    const { text } = await mediaPlaylist(`${this.url}/video/chessboard.m3u8`);
    const { segments } = HLS.parse(text) as HLS.types.MediaPlaylist;
    return segments.flatMap(({ programDateTime, duration, gap, uri }) => {
      const begin = programDateTime?.getTime();
      if (begin === undefined || !uri) return [];
      return [{ begin, end: begin + duration * 1000, gap: gap === true }];
    });
  }

  async #markers(): Promise<Marker[]> {
    return (await this.#system.json<{ markers: Marker[] }>('/markers?limit=10000')).markers;
  }

  async #markersLost(): Promise<number> {
    const posted = this.#posters.flatMap(({ ids }) => ids);
    const counts = new Map<string, number>();
    for (const { id } of await this.#markers()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return posted.filter((id) => counts.get(id) !== 1).length;
  }
}

function unsaidOf(markers: readonly Marker[], runs: readonly RunMedia[]): string[] {
  const media = runs.map(({ bytes }) => {
    const { start, duration } = timesOf(bytes, timescaleOf(bytes));
    return { start, until: start + duration };
  });
  const [from, to] = [media[0]?.start ?? 0, media.at(-1)?.until ?? 0];
  return markers
    .filter(({ source, time }) => source === 'mint-square' && time >= from && time < to)
    .filter(({ time, data }) => {
      // The frame behind the last one of a run may be a tick short of where that one ends.
      const isListed = media.some(({ start, until }) => time >= start - TICK && time < until - TICK);
      return isListed === (data?.frameLost === true);
    })
    .map(({ id, time, data }) => `${id} at ${time} s says ${JSON.stringify(data)}`);
}

/** Where in its run a moment lies, for whoever looks for the reason. */
function placeIn(runs: readonly RunMedia[], pts: number): string {
  for (const { bytes } of runs) {
    const { start, duration } = timesOf(bytes, timescaleOf(bytes));
    const [from, until] = [Math.round(start * 1e6), Math.round((start + duration) * 1e6)];
    if (pts >= from && pts < until) return `, ${pts - from} µs into a run of ${until - from} µs`;
  }
  return ', in no run';
}

function endOf(segments: RunMedia['segments']): number {
  const last = segments.at(-1);
  return last === undefined ? 0 : last.date.getTime() + last.duration * 1000;
}

function run(command: string, ...args: string[]): Promise<unknown> {
  return promisify(execFile)(command, args);
}
