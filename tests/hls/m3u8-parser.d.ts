/** What our tests use of the parser inside video.js. */
declare module 'm3u8-parser' {
  export class Parser {
    readonly manifest: Readonly<Record<string, unknown>>;
    on(event: 'warn' | 'info', listener: (note: { message: string }) => void): void;
    push(text: string): void;
    end(): void;
  }
}
