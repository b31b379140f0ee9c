import { type Kind, kinds } from './inject.ts';

/** A process of the system, as `ps` shows it. */
export const victims = ['launcher', 'sync', 'stream', 'ffmpeg', 'detect', 'api'] as const;

/** One of {@link victims}. */
export type Victim = (typeof victims)[number];

/** What happens to the machine rather than to a process. */
export const disasters = [
  'disk read-only',
  'started on a full disk',
  'disk full',
  'data directory deleted',
  'all killed at once',
] as const;

/** One of {@link disasters}. */
export type Disaster = (typeof disasters)[number];

/** One thing that happens to a running system. */
export type Cell =
  | { readonly victims: readonly Victim[]; readonly kind: Kind }
  | { readonly disaster: Disaster };

/** How a cell is called in the table. */
export function nameOf(cell: Cell): string {
  return 'disaster' in cell ? cell.disaster : `${cell.victims.join(' + ')}: ${cell.kind}`;
}

/**
 * Every cell of the matrix: each process in each way, every two of them at once, and what befalls the machine. What
 * costs media comes as soon as there is some: at the end there must be enough to compare markers with.
 */
export const matrix: readonly Cell[] = [
  ...alone(['launcher']),
  ...disasters.filter((disaster) => disaster !== 'all killed at once').map((disaster) => ({ disaster })),
  ...alone(victims.slice(1)),
  ...victims.flatMap((one, at) =>
    victims.slice(at + 1).map((other): Cell => ({ victims: [one, other], kind: 'kill -9' })),
  ),
  { disaster: 'all killed at once' },
];

/** Each of them in each way that it can be hurt. */
function alone(some: readonly Victim[]): readonly Cell[] {
  return some.flatMap((victim) =>
    kinds
      .filter((kind) => victim !== 'ffmpeg' || kind === 'kill -9' || kind === 'SIGSTOP')
      .map((kind): Cell => ({ victims: [victim], kind })),
  );
}

/** Those of them that are tried in the gate: each process, and each way but a loop, and pairs. */
export const gate: readonly Cell[] = [
  { victims: ['stream'], kind: 'kill -9' },
  { victims: ['ffmpeg'], kind: 'kill -9' },
  { victims: ['detect'], kind: 'kill -9' },
  { victims: ['api'], kind: 'kill -9' },
  { victims: ['sync', 'api'], kind: 'kill -9' },
  { victims: ['sync', 'stream'], kind: 'kill -9' },
  { victims: ['stream', 'api'], kind: 'kill -9' },
  { victims: ['stream'], kind: 'exit 0' },
  { victims: ['detect'], kind: 'out of memory' },
  { victims: ['ffmpeg'], kind: 'SIGSTOP' },
  { victims: ['detect', 'api'], kind: 'kill -9' },
  { disaster: 'all killed at once' },
];
