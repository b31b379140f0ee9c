const HEAD = `#EXTM3U
#EXT-X-VERSION:10
#EXT-X-TARGETDURATION:2
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.5,HOLD-BACK=6,CAN-SKIP-UNTIL=12
#EXT-X-PART-INF:PART-TARGET=0.51
`;

/** One segment of two seconds in four parts; `count` of them are there, four and it is closed. */
function segment(msn: number, { count = 4, parts = true, extra = '' } = {}): string {
  const date = new Date(Date.UTC(2026, 0, 2, 12) + msn * 2000).toISOString();
  const listed = Array.from(
    { length: parts ? count : 0 },
    (_, part) =>
      `#EXT-X-PART:DURATION=0.500000,URI="${msn}.${part}.m4s"${part === 0 ? ',INDEPENDENT=YES' : ''}\n`,
  );
  const closed = count === 4 ? `#EXTINF:2.000000,\n${msn}.m4s\n` : '';
  return `${extra}#EXT-X-PROGRAM-DATE-TIME:${date}\n${listed.join('')}${closed}`;
}

/** What a hand-made playlist lists. */
export interface Shape {
  /** First MSN, how many closed segments, parts of the open one. */
  readonly first?: number;
  readonly closed?: number;
  readonly open?: number;
  /** A segment before which a break comes, with its new map. */
  readonly breakAt?: number;
  readonly ranges?: string;
  readonly ended?: boolean;
}

/** A good playlist, hand-made: nothing of the renderer that is to be judged. */
export function playlist({
  first = 0,
  closed = 4,
  open = 0,
  breakAt = 4,
  ranges = '',
  ended = false,
}: Shape = {}): string {
  const next = first + closed;
  const listed = Array.from({ length: closed + (open > 0 ? 1 : 0) }, (_, index) => {
    const msn = first + index;
    const map = msn < breakAt ? 'init-a.mp4' : 'init-b.mp4';
    const extra = `${msn === breakAt ? '#EXT-X-DISCONTINUITY\n' : ''}${index === 0 || msn === breakAt ? `#EXT-X-MAP:URI="${map}"\n` : ''}`;
    return segment(msn, { count: msn === next ? open : 4, parts: msn >= next - 2, extra });
  });
  const hint = `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${next}.${open}.m4s"\n`;
  return `${HEAD}#EXT-X-MEDIA-SEQUENCE:${first}
#EXT-X-DISCONTINUITY-SEQUENCE:${first > breakAt ? 1 : 0}
#EXT-X-INDEPENDENT-SEGMENTS
${ranges}${listed.join('')}${ended ? '#EXT-X-ENDLIST\n' : hint}`;
}

const range = (text: string) => `#EXT-X-DATERANGE:ID="e1",START-DATE="2026-01-02T12:00:03.500Z"${text}\n`;

/** Reload after reload of a stream that does nothing wrong. */
export const good: readonly string[] = [
  playlist(),
  playlist({ open: 1, ranges: range('') }),
  playlist({ open: 3, ranges: range('') }),
  playlist({ closed: 5, ranges: range(',DURATION=1.5') }),
  playlist({ first: 1, closed: 5, open: 2, ranges: range(',DURATION=1.5') }),
  playlist({ first: 3, closed: 5, open: 2 }),
  playlist({ first: 5, closed: 4, open: 2 }),
  playlist({ first: 5, closed: 5, ended: true }),
];

/** The same stream when its second run begins later: what follows is a break, then its map is known, then a part. */
const tail = (text: string) => playlist({ open: 0 }).replace(/#EXT-X-PRELOAD.*\n/, text);
const over = '#EXT-X-DISCONTINUITY\n';
const known = `${over}#EXT-X-MAP:URI="init-b.mp4"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI="4.0.m4s"\n`;

/** Reload after reload while a run ends and another begins. */
export const broken: readonly string[] = [playlist(), tail(over), tail(known), playlist({ open: 1 })];

/** The run that ends is cut short: its last segment has three parts. */
export const cutShort = broken.map((text) =>
  text
    .replace('#EXT-X-PART:DURATION=0.500000,URI="3.3.m4s"\n', '')
    .replace('#EXTINF:2.000000,\n3.m4s', '#EXTINF:1.500000,\n3.m4s'),
);
