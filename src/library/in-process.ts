import { setTimeout as pause } from 'node:timers/promises';
import type { Api, ApiOptions } from '../api/api.ts';
import { readCertificate } from '../api/server/certificate.ts';
import { backOff, RESTART, within } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type HlsStreamError, toErrorRecord } from '../errors.ts';
import { findFfmpeg, requireEncoder } from '../ffmpeg/find.ts';
import { takeLease } from '../lease/take-lease.ts';
import { removeAbandoned } from '../processes/abandoned.ts';
import { apiOptions } from '../processes/api-options.ts';
import { type EncodeOptions, encode } from '../processes/encode.ts';
import { hookOptions, serverAddress } from '../processes/hook-options.ts';
import type { Host } from '../processes/host.ts';
import { retentionRules } from '../processes/retention-rules.ts';
import { type SendHooksOptions, sendHooks } from '../processes/send-hooks.ts';
import { openApi, serveApi } from '../processes/serve-api.ts';
import { logLease, logStore } from '../processes/stream-log.ts';
import { openSource } from '../source/open.ts';
import type { Source } from '../source/source.ts';
import type { WrittenFrames } from '../source/written-frames.ts';
import { openWrittenInput } from '../source/written-input.ts';
import { runDetectors } from './detectors.ts';
import { entryLogger } from './entry-logger.ts';
import { openLargePictures } from './large-pictures.ts';
import { type Closer, openFacts, openMedia, type Place, withTemporaryFolder } from './places.ts';
import { DRAIN_MS, type Running, type RunOptions } from './running.ts';
import type { Chosen } from './serve-options.ts';

/**
 * Runs a stream in this process: what `hlsstream start` does in several, without any of their watching over each other.
 * No listener on the process and nothing global is left behind.
 */
export async function runInProcess(options: RunOptions): Promise<Running> {
  const stop = new AbortController();
  const closers: Closer[] = [];
  const closeAll = async () => {
    stop.abort();
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await open(options, { stop, closers, closeAll });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

interface Life {
  /** Ends all that runs. */
  readonly stop: AbortController;
  /** What closes what is open, to be called the other way round. */
  readonly closers: Closer[];
  closeAll(): Promise<void>;
}

async function open(
  { chosen, written, report, failed, prefix, base }: RunOptions,
  { stop, closers, closeAll }: Life,
): Promise<Running> {
  const { own } = chosen;
  const log = entryLogger(report);
  if (own.encoder === undefined) {
    await findFfmpeg(chosen.config.ffmpeg);
    await requireEncoder(chosen.config.ffmpeg, chosen.config.encoder);
  }
  const config = chosen.isTemporary ? await withTemporaryFolder(chosen.config, closers) : chosen.config;
  const host: Host = {
    ...{ log, stopping: stop.signal, predecessor: undefined },
    crashed: new Promise<never>(() => {}),
    ready: () => {},
  };
  const place: Place = { config, log, stopping: stop.signal };
  const media = await openMedia(place, chosen.storage);
  closers.push(() => media.close());
  const store = own.store ?? (await openFacts(place, chosen.isTemporary));
  if (own.store === undefined) closers.push(() => store.close());
  closers.push(logStore(log, store));
  let end = false;
  const leavesOpen = () => written !== undefined && !end;
  const drained = () => {
    if (leavesOpen()) stop.abort();
  };
  const large =
    chosen.detectors.length > 0 ? await openLargePictures(config.detectorWidth, closers) : undefined;
  const encoding: EncodeOptions = {
    settings: { ...config, retention: retentionRules(config), source: written ? 'write()' : config.source },
    openSource: (given) => openOwnSource(chosen, written, given),
    ...{ statsName: 'stream', store, media, encoder: own.encoder, pictures: large?.server },
  };
  const shares = own.store !== undefined || config.store !== undefined;
  const { running } = await begin({ ...host, failed, leavesOpen, drained }, encoding, shares, closers);
  closers.push(await runDetectors(host, store, { config, large, detectors: chosen.detectors }));
  const { api, port } = await openServer(host, config, { store, storage: media.storage, prefix }, closers);
  const address = base ?? (() => serverAddress(config, port ?? config.port));
  const hooks = await hookOptions(config, { log, base: address, continues: false });
  if (hooks !== undefined) closers.push(runHooks(host, { ...hooks, store, statsName: 'hooks' }));
  return {
    ...{ port, answer: prefix === undefined ? undefined : api.answer },
    viewers: () => api.viewers(),
    async close(wanted) {
      end = wanted && written !== undefined;
      written?.end();
      const over = end ? Promise.race([running, isEnded(api, config.name)]) : running;
      // What comes from elsewhere goes on by itself.
      if (written === undefined) stop.abort();
      await within(over, DRAIN_MS);
      stop.abort();
      await running;
      await closeAll();
    },
  };
}

/** Tells other systems what happens until the host stops; returns what waits for the end of that. */
function runHooks(host: Host, options: SendHooksOptions): Closer {
  const telling = sendHooks(host, options).catch((error: unknown) => {
    const record = toErrorRecord(error);
    host.log.error(record, `other systems are told nothing any more: ${record.message}`);
  });
  return () => telling;
}

async function openOwnSource(
  { config, format, own }: Chosen,
  written: WrittenFrames | undefined,
  given: Parameters<EncodeOptions['openSource']>[0],
): Promise<Source> {
  if (own.source !== undefined) return own.source;
  if (written === undefined || format === undefined) return openSource(config, given);
  return openWrittenInput({ ...given, written, ...config.size, frameRate: config.fps, format });
}

/** Begins to encode; resolves when the stream is announced. `running` resolves at its end. */
async function begin(
  host: Host & Pick<RunOptions, 'failed'>,
  options: EncodeOptions,
  shares: boolean,
  closers: Closer[],
): Promise<{ readonly running: Promise<void> }> {
  const { log, stopping, failed } = host;
  const { settings, store, media } = options;
  const lease = shares
    ? await takeLease({
        ...{ store, subject: `stream/${settings.name}`, wait: false, signal: stopping },
        ...logLease(log, () => {}),
      })
    : undefined;
  if (lease !== undefined) closers.push(() => lease.release());
  else {
    closers.push(await media.lock(settings.name));
    closers.push(removeAbandoned(media, settings.name, log));
  }
  let resolve = () => {};
  let reject: (error: unknown) => void = () => {};
  const ready = new Promise<void>((...settle) => {
    [resolve, reject] = settle;
  });
  const run = async () => {
    for (let failures = 1; ; failures += 1) {
      const began = performance.now();
      try {
        await encode({ ...host, ready: () => resolve() }, { ...options, lease });
        // Whoever has taken over does without what is written here.
        if (stopping.aborted || lease?.lost.aborted !== true) return;
        reject(lease.lost.reason);
        return failed(lease.lost.reason as HlsStreamError);
      } catch (error) {
        if (stopping.aborted) return;
        reject(error);
        if (performance.now() - began >= RESTART.worked) failures = 1;
        const { message } = toErrorRecord(error);
        log.error(toErrorRecord(error), `the stream failed; it is begun again: ${message}`);
        await pause(backOff(failures, RESTART.first, RESTART.longest), undefined, { signal: stopping }).catch(
          () => {},
        );
        if (stopping.aborted) return;
        if (lease?.lost.aborted === true) return failed(lease.lost.reason as HlsStreamError);
      }
    }
  };
  const running = run();
  closers.push(() => running);
  await ready;
  return { running };
}

async function openServer(
  host: Host,
  config: Config,
  { prefix, ...places }: Pick<ApiOptions, 'store' | 'storage'> & Pick<RunOptions, 'prefix'>,
  closers: Closer[],
): Promise<{ readonly api: Api; readonly port?: number }> {
  // The process is the caller's: it measures that itself.
  const options = { ...(await apiOptions(config, host.log)), ...places, processMetrics: false };
  if (prefix !== undefined) {
    const api = await openApi(host, { ...options, publicPath: prefix });
    closers.push(() => api.close());
    return { api };
  }
  const certificate = readCertificate(config);
  const served = await serveApi(host, { ...options, certificate, httpRedirect: config.httpRedirect });
  closers.push(() => served.close());
  return served;
}

/** Resolves when the list says that the stream has ended. */
function isEnded({ live }: Api, name: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (live.stream(name)?.state?.ended !== true) return;
      unsubscribe();
      resolve();
    };
    const unsubscribe = live.onChange(look);
    look();
  });
}
