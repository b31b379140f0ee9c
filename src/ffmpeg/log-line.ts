/** A line that ffmpeg logs at `-loglevel level+…`. */
export interface LogLine {
  /** What speaks, for example `mov,mp4,m4a,3gp,3g2,mj2` or `Parsed_showinfo_0`; empty for ffmpeg itself. */
  readonly context: string;
  readonly level: 'panic' | 'fatal' | 'error' | 'warning' | 'info' | 'verbose' | 'debug' | 'trace';
  readonly text: string;
}

const LINE =
  /^((?:\[[^\]@]+ @ 0x[0-9a-f]+\] )*)\[(panic|fatal|error|warning|info|verbose|debug|trace)\] ?(.*)$/;

/** Takes a line apart; one that carries no level goes on where the one before ended, and is `undefined`. */
export function parseLogLine(line: string): LogLine | undefined {
  const [, contexts = '', level, text = ''] = LINE.exec(line) ?? [];
  if (level === undefined) return undefined;
  const context = /^\[([^\]@]+) @/.exec(contexts)?.[1] ?? '';
  return { context, level: level as LogLine['level'], text };
}

/** Whether a line tells of trouble: a warning or worse. */
export function isTrouble({ level }: LogLine): boolean {
  return level === 'warning' || level === 'error' || level === 'fatal' || level === 'panic';
}
