import {
  type EpochMicroseconds,
  fromSeconds,
  type Microseconds,
  ticksIn,
  toEpochMilliseconds,
  toMilliseconds,
  toSeconds,
} from '../../src/clock.ts';

/** Times as people read them. Pure, but for the time zone, which is the viewer's own. */

/** Time of day in the viewer's zone, `HH:MM:SS`, with milliseconds if wanted. */
export function clockText(date: EpochMicroseconds, withMilliseconds = false): string {
  const at = new Date(toEpochMilliseconds(date));
  const text = [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':');
  return withMilliseconds ? `${text}.${String(at.getMilliseconds()).padStart(3, '0')}` : text;
}

/** Date and time of day in the viewer's zone as form fields have it: `2026-05-01T12:34:56`. */
export function localText(date: EpochMicroseconds): string {
  const at = new Date(toEpochMilliseconds(date));
  const day = [at.getMonth() + 1, at.getDate()].map(two).join('-');
  return `${String(at.getFullYear()).padStart(4, '0')}-${day}T${clockText(date)}`;
}

/** The viewer's time zone at a date: `UTC+2`, `UTC-3:30`, `UTC`. */
export function zoneText(date: EpochMicroseconds): string {
  const minutes = -new Date(toEpochMilliseconds(date)).getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest === 0 ? '' : `:${two(rest)}`}`;
}

/** A duration such as `0.40 s`, `12.3 s`, `4:05` or `1:00:00`. */
export function durationText(duration: Microseconds): string {
  const seconds = toSeconds(duration);
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** How long ago, roughly: `now`, `12 s ago`, `4 min ago`, `2 h ago`. */
export function agoText(duration: Microseconds): string {
  const seconds = Math.round(toSeconds(duration));
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return `${Math.floor(seconds / 3600)} h ago`;
}

/** Timecode of a frame on the stream's own clock, `HH:MM:SS:FF`; seconds with milliseconds while the rate is unknown. */
export function timecodeText(pts: Microseconds, frameRate: number): string {
  const seconds = Math.floor(toSeconds(pts));
  const rest = pts - fromSeconds(seconds);
  // A PTS is rounded to microseconds: half of one must not fall into the frame before.
  const frame = Math.floor(ticksIn(rest, frameRate) + 1e-4);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const text = [hours, minutes, seconds % 60].map(two).join(':');
  if (!(frameRate > 0)) return `${text}.${String(Math.floor(toMilliseconds(rest))).padStart(3, '0')}`;
  return `${text}:${String(frame).padStart(2, '0')}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
