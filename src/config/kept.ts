/** Seconds in what a time may end with; without a unit it is hours. */
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, '': 3600, h: 3600, d: 86_400 };

/** Bytes in what a size may end with; without a unit it is gigabytes. */
const BYTES: Readonly<Record<string, number>> = {
  M: 1e6,
  MB: 1e6,
  '': 1e9,
  G: 1e9,
  GB: 1e9,
  T: 1e12,
  TB: 1e12,
};

/** How a time is written, as keptSeconds reads it. */
export const TIME = /^(\d+(?:\.\d+)?)([smhd]?)$/;
/** How a size is written, as keptBytes reads it. */
export const SIZE = /^(\d+(?:\.\d+)?)([MGT]B?)?$/;

/** A time as it is kept, such as 36h or 7d, in seconds. */
export function keptSeconds(text: string): number {
  const [, amount = '', unit = ''] = TIME.exec(text) ?? [];
  return Number(amount) * (SECONDS[unit] ?? Number.NaN);
}

/** A size such as 500MB or 50GB, in bytes. */
export function keptBytes(text: string): number {
  const [, amount = '', unit = ''] = SIZE.exec(text) ?? [];
  return Number(amount) * (BYTES[unit] ?? Number.NaN);
}

/** What these settings say together; times in seconds, sizes in bytes. */
export interface Kept {
  readonly retain: number | undefined;
  readonly retainSize: number | undefined;
  readonly retainMarkers: number | undefined;
}

/** Reads these settings. */
export function keptBy(config: {
  readonly retain?: string | undefined;
  readonly retainSize?: string | undefined;
  readonly retainMarkers?: string | undefined;
}): Kept {
  const { retain, retainSize, retainMarkers } = config;
  return {
    retain: retain === undefined ? undefined : keptSeconds(retain),
    retainSize: retainSize === undefined ? undefined : keptBytes(retainSize),
    retainMarkers: retainMarkers === undefined ? undefined : keptSeconds(retainMarkers),
  };
}
