/**
 * A reader of Media Playlists of the judge's own: it shares no code with what it judges. Times are in
 * seconds, dates in milliseconds since the Unix epoch.
 */

export interface ListedPart {
  readonly uri: string;
  readonly duration: number;
  readonly independent: boolean;
  /** GAP=YES: it is not there. */
  readonly gap: boolean;
}

export interface ListedSegment {
  readonly msn: number;
  /** Empty while the segment is open: only parts of it are listed. */
  readonly uri: string;
  readonly duration: number;
  readonly date: number | undefined;
  readonly discontinuity: boolean;
  /** Absolute discontinuity number. */
  readonly discontinuityNumber: number;
  /** URI of the EXT-X-MAP in force. */
  readonly map: string | undefined;
  readonly parts: readonly ListedPart[];
  /** EXT-X-GAP: its media is not there. */
  readonly gap: boolean;
}

export type Attributes = ReadonlyMap<string, string>;

export interface PlaylistText {
  readonly version: number | undefined;
  readonly targetDuration: number | undefined;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly independentSegments: boolean;
  readonly serverControl: Attributes;
  readonly partTarget: number | undefined;
  /** Segments that a Playlist Delta Update left out. */
  readonly skipped: number;
  /** RECENTLY-REMOVED-DATERANGES, where the update says so. */
  readonly removedDateRanges: readonly string[] | undefined;
  readonly segments: readonly ListedSegment[];
  /** The open segment: what follows the last URI. Undefined when no part of it is listed. */
  readonly open: ListedSegment | undefined;
  readonly hint: string | undefined;
  /** What stands behind the last URI: the run that the hint, or whatever comes next, belongs to. */
  readonly tail: Pick<ListedSegment, 'discontinuity' | 'discontinuityNumber' | 'map'>;
  readonly ended: boolean;
  readonly dateRanges: readonly Attributes[];
  /** What is not even well-formed. */
  readonly faults: readonly string[];
}

const known =
  /^#EXT(M3U|INF|-X-(VERSION|TARGETDURATION|MEDIA-SEQUENCE|DISCONTINUITY-SEQUENCE|INDEPENDENT-SEGMENTS|SERVER-CONTROL|PART-INF|SKIP|DATERANGE|DISCONTINUITY|MAP|PROGRAM-DATE-TIME|PART|GAP|PRELOAD-HINT|ENDLIST))$/;

/** Reads a Media Playlist; never throws, what is wrong stands in `faults`. */
export function readPlaylist(text: string): PlaylistText {
  const faults: string[] = [];
  const lines = text.split(/\r?\n/);
  if (lines[0] !== '#EXTM3U') faults.push('the first line is not #EXTM3U');
  if (lines.pop() !== '') faults.push('the last line does not end');
  const seen = new Map<string, string>();
  const segments: ListedSegment[] = [];
  const dateRanges: Attributes[] = [];
  let skip: Attributes = new Map();
  let hint: string | undefined;
  let ended = false;
  let map: string | undefined;
  let pending = { duration: undefined as number | undefined, date: undefined as number | undefined };
  let discontinuity = false;
  let gap = false;
  let parts: ListedPart[] = [];
  let number = 0;

  const once = (name: string) => Number(seen.get(name) ?? 0);
  const close = (uri: string, duration: number): ListedSegment => ({
    msn: once('EXT-X-MEDIA-SEQUENCE') + Number(skip.get('SKIPPED-SEGMENTS') ?? 0) + segments.length,
    uri,
    duration,
    date: pending.date,
    discontinuity,
    discontinuityNumber: once('EXT-X-DISCONTINUITY-SEQUENCE') + number,
    map,
    parts,
    gap,
  });

  for (const line of lines) {
    if (line === '') continue;
    if (ended) faults.push(`after #EXT-X-ENDLIST comes ${line}`);
    if (!line.startsWith('#')) {
      if (pending.duration === undefined) faults.push(`no #EXTINF before ${line}`);
      segments.push(close(line, pending.duration ?? 0));
      pending = { duration: undefined, date: undefined };
      discontinuity = false;
      gap = false;
      parts = [];
      continue;
    }
    const colon = line.indexOf(':');
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1);
    if (!known.test(name)) faults.push(`unknown tag ${name}`);
    const attributes = () => readAttributes(value, faults);
    if (name === '#EXTINF') pending.duration = Number(/^(\d+(?:\.\d+)?),/.exec(value)?.[1] ?? Number.NaN);
    else if (name === '#EXT-X-PROGRAM-DATE-TIME') pending.date = readDate(value, faults);
    else if (name === '#EXT-X-DISCONTINUITY') {
      discontinuity = true;
      number += 1;
    } else if (name === '#EXT-X-GAP') gap = true;
    else if (name === '#EXT-X-MAP') map = attributes().get('URI');
    else if (name === '#EXT-X-PART') parts.push(readPart(attributes()));
    else if (name === '#EXT-X-PRELOAD-HINT') {
      if (hint !== undefined) faults.push('two #EXT-X-PRELOAD-HINT');
      hint = attributes().get('URI');
    } else if (name === '#EXT-X-DATERANGE') dateRanges.push(attributes());
    else if (name === '#EXT-X-SKIP') skip = attributes();
    else if (name === '#EXT-X-ENDLIST') ended = true;
    else {
      if (seen.has(name.slice(1))) faults.push(`${name} stands there twice`);
      seen.set(name.slice(1), value);
    }
  }
  if (pending.duration !== undefined) faults.push('an #EXTINF without its URI');
  const whole = (name: string) => (seen.has(name) ? Number(seen.get(name)) : undefined);
  const partInf = seen.get('EXT-X-PART-INF');
  return {
    version: whole('EXT-X-VERSION'),
    targetDuration: whole('EXT-X-TARGETDURATION'),
    mediaSequence: once('EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: once('EXT-X-DISCONTINUITY-SEQUENCE'),
    independentSegments: seen.has('EXT-X-INDEPENDENT-SEGMENTS'),
    serverControl: readAttributes(seen.get('EXT-X-SERVER-CONTROL') ?? '', faults),
    partTarget:
      partInf === undefined ? undefined : Number(readAttributes(partInf, faults).get('PART-TARGET')),
    skipped: Number(skip.get('SKIPPED-SEGMENTS') ?? 0),
    removedDateRanges: skip
      .get('RECENTLY-REMOVED-DATERANGES')
      ?.split('\t')
      .filter((id) => id !== ''),
    segments,
    open:
      parts.length > 0
        ? close(
            '',
            parts.reduce((sum, part) => sum + part.duration, 0),
          )
        : undefined,
    hint,
    tail: { discontinuity, discontinuityNumber: once('EXT-X-DISCONTINUITY-SEQUENCE') + number, map },
    ended,
    dateRanges,
    faults,
  };
}

function readPart(attributes: Attributes): ListedPart {
  return {
    uri: attributes.get('URI') ?? '',
    duration: Number(attributes.get('DURATION') ?? Number.NaN),
    independent: attributes.get('INDEPENDENT') === 'YES',
    gap: attributes.get('GAP') === 'YES',
  };
}

function readDate(value: string, faults: string[]): number | undefined {
  const well = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d)$/.test(value);
  const date = Date.parse(value);
  if (well && Number.isFinite(date)) return date;
  faults.push(`${value} is no date with milliseconds and zone`);
  return undefined;
}

/** An attribute-list (RFC 8216 §4.2); quotes are taken off quoted-strings. */
function readAttributes(value: string, faults: string[]): Attributes {
  const attributes = new Map<string, string>();
  let rest = value;
  while (rest !== '') {
    const match = /^([A-Z0-9-]+)=(?:"([^"]*)"|([^",\s]+))(?:,(?=.)|$)/.exec(rest);
    if (match === null) {
      faults.push(`no attribute list: ${rest}`);
      break;
    }
    const [all, name = '', text, plain = ''] = match;
    if (attributes.has(name)) faults.push(`${name} twice in ${value}`);
    attributes.set(name, text ?? plain);
    rest = rest.slice(all.length);
  }
  return attributes;
}
