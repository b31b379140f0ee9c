import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import HLS from 'hls-parser';
import { pollAndCheck } from '../checker/poll.ts';
import { freePort } from '../system/free-port.ts';
import { download, mediaPlaylist, mintEvents } from '../system/judge.ts';
import { lives, type System, startSystem, until } from '../system/system.ts';
import { followEvents, postMarkers } from '../system/witnesses.ts';
import type { Cell, Disaster, Victim } from './cells.ts';
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
  /** Events that the media shows. */
  readonly shown: number;
  /** Markers that a client posted, and of those what its event stream did not tell exactly once. */
  readonly posted: number;
  readonly untold: readonly string[];
}

interface Marker {
  readonly id: string;
  readonly time: number;
  readonly date: string;
  readonly source: string;
  readonly data?: { readonly beginUncertainty?: number | null };
}

const FLAGS = [
  ...['--size', '320x180', '--fps', '10', '--event-mean', '2', '--segment', '1', '--window', '3600'],
  ...['--thumbnail-interval', '0', '--memory', '128', '--log-level', 'warn'],
];
/** Side of an event's square at that size, in pixels. */
const BLOCK = 20;
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
  #poster: ReturnType<typeof postMarkers> | undefined;
  #reader: ReturnType<typeof followEvents> | undefined;

  private constructor(injector: Awaited<ReturnType<typeof createInjector>>) {
    this.#injector = injector;
  }

  /** Starts it, and a client that posts a marker each 100 ms and reads the event stream. */
  static async start(mounted = false): Promise<FaultySystem> {
    const self = new FaultySystem(await createInjector());
    self.#folder = await mkdtemp(join(tmpdir(), 'hlsstream-matrix-'));
    self.#mounted = mounted;
    if (mounted) await run('mount', '-t', 'tmpfs', '-o', 'size=64m', 'hlsstream', self.#folder);
    self.#flags = [...FLAGS, '--port', `${await freePort()}`];
    await self.#launch();
    await until('the first segments', 30, async () => (await self.#edge()) > 2);
    const { cursor } = await self.#system.json<{ cursor: string }>('/markers');
    self.#reader = followEvents(self.url, cursor);
    self.#poster = postMarkers(self.url, 100);
    return self;
  }

  /** Where it serves; the same over every restart. */
  get url(): string {
    return this.#system.url;
  }

  /** Does this to it, waits until all is as before, and says what it cost. */
  async strike(cell: Cell): Promise<Cost> {
    const over = new AbortController();
    const { uri: playlist } = await mediaPlaylist(`${this.url}/video/chessboard.m3u8`);
    const before = await this.#edge();
    const checked = pollAndCheck(playlist, { seconds: 600, signal: over.signal, mayBeAway: () => true });
    const watched = this.#watchEdge(over.signal);
    const since = new Date();
    await ('disaster' in cell ? this.#befall(cell.disaster) : this.#hurt(cell.victims, cell.kind));
    await until('media as before', 60, async () => (await this.#edge()) > before + REST);
    const posted = this.#poster?.ids.length ?? 0;
    await until('markers are taken', 30, () => (this.#poster?.ids.length ?? 0) > posted + 2);
    await until('all is well', 60, async () => (await fetch(`${this.url}/readyz`)).status === 200);
    over.abort();
    const { violations } = await checked;
    return {
      still: Math.max(0, (await watched) - PART) / 1000,
      lost: await this.#lostSince(since),
      markersLost: await this.#markersLost(),
      violations: violations.map(({ rule, message }) => `${rule}: ${message}`),
    };
  }

  /** Ends the clients, and compares markers with what the media shows. */
  async truth(): Promise<Truth> {
    await this.#poster?.stop();
    const posted = this.#poster?.ids ?? [];
    const told = () =>
      (this.#reader?.changes ?? [])
        .filter(({ op, marker }) => op === 'open' && marker.class === 'posted')
        .map(({ marker }) => marker.id);
    await until('the event stream told all', 10, () => new Set(told()).size >= posted.length).catch(() => {});
    await this.#reader?.stop();
    const media = (await this.#segments()).filter(({ gap }) => !gap);
    const shown = await mintEvents(await download(`${this.url}/video/chessboard.m3u8`), BLOCK);
    const begins = shown.map(({ begin }) => begin);
    const first = begins[0] ?? 0;
    const last = begins.at(-1) ?? 0;
    const misplaced = (await this.#markers())
      .filter(({ source, data }) => source === 'mint-square' && data?.beginUncertainty === undefined)
      .filter(({ date }) =>
        media.some(({ begin, end }) => begin <= Date.parse(date) && Date.parse(date) < end),
      )
      .map(({ id, time }) => ({ id, pts: Math.round(time * 1e6) }))
      .filter(({ pts }) => pts >= first && pts <= last && !begins.includes(pts))
      .map(({ id, pts }) => `${id} at ${pts}`);
    const all = told();
    const untold = posted.filter((id) => all.filter((one) => one === id).length !== 1);
    return { misplaced, shown: begins.length, posted: posted.length, untold };
  }

  /** Ends it; rejects when anybody is left behind. */
  async stop(): Promise<void> {
    await this.#poster?.stop();
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
    if (disaster === 'disk full') {
      await run('dd', 'if=/dev/zero', `of=${join(this.#folder, 'filler')}`, 'bs=64k').catch(() => {});
      await pause(5000);
      return rm(join(this.#folder, 'filler'));
    }
    await run('mount', '-o', 'remount,ro', this.#folder);
    await pause(5000);
    await run('mount', '-o', 'remount,rw', this.#folder);
  }

  async #edge(): Promise<number> {
    const response = await fetch(`${this.url}/streams`, { signal: AbortSignal.timeout(3000) });
    const { streams } = (await response.json()) as { streams: { edge: number | null }[] };
    return streams[0]?.edge ?? 0;
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
      await pause(50);
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
    const posted = [...(this.#poster?.ids ?? [])];
    const counts = new Map<string, number>();
    for (const { id } of await this.#markers()) counts.set(id, (counts.get(id) ?? 0) + 1);
    return posted.filter((id) => counts.get(id) !== 1).length;
  }
}

function run(command: string, ...args: string[]): Promise<unknown> {
  return promisify(execFile)(command, args);
}
