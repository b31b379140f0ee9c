import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** An answer as it came over the wire; names of fields in lower case. */
export interface RawAnswer {
  readonly status: number;
  /** Field lines but Date, sorted. */
  readonly fields: readonly string[];
  readonly body: string;
}

/** How bytes are sent. */
export interface RawOptions {
  /** Over TLS, with these protocols offered (ALPN). */
  readonly alpn?: readonly string[];
  /** What comes back instead of what was sent at once: pieces, each sent in a turn of its own. */
  readonly pieces?: readonly string[];
  /** Its half of the connection stays open until so many answers came. @default 0: it closes behind the last byte */
  readonly answersFirst?: number;
}

/** How many answers there are in what a server sent, interim ones left out. */
export function answersIn(text: string): number {
  return text.match(/HTTP\/1\.1 [2-5]\d\d /g)?.length ?? 0;
}

/** Sends bytes, closes this half of the connection, and resolves to all that comes until the server closes the other. */
export function sendRaw(
  port: number,
  text: string,
  { alpn, pieces = [text], answersFirst = 0 }: RawOptions = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true };
    const socket =
      alpn === undefined
        ? connect(options)
        : connectTls({ ...options, ALPNProtocols: [...alpn], rejectUnauthorized: false });
    let got = '';
    let isSent = false;
    const endIfDone = () => {
      if (isSent && answersIn(got) >= answersFirst) socket.end();
    };
    socket.setEncoding('latin1').on('data', (chunk) => {
      got += chunk;
      endIfDone();
    });
    // Whoever is refused in the middle of what it sends may see a reset behind the answer.
    socket.once('error', (error) => (got === '' ? reject(error) : resolve(got)));
    socket.once('close', () => resolve(got));
    socket.once('end', () => socket.end());
    const next = (at: number) => {
      isSent = at === pieces.length;
      if (isSent) endIfDone();
      else socket.write(pieces[at] ?? '', 'latin1', () => setImmediate(next, at + 1));
    };
    socket.once(alpn === undefined ? 'connect' : 'secureConnect', () => next(0));
  });
}

/** Takes apart what a server sent: its answers, interim ones left out. HEAD's are to be asked for one by one. */
export function readAnswers(text: string, { head = false } = {}): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== ''; ) {
    const end = rest.indexOf('\r\n\r\n');
    const match = /^HTTP\/1\.1 (\d{3}) /.exec(rest);
    if (end === -1 || match === null) throw new Error(`this is not an answer: ${JSON.stringify(rest)}`);
    const status = Number(match[1]);
    const lines = rest.slice(0, end).split('\r\n').slice(1);
    const fields = lines.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
    const length = Number(fields.find((line) => line.startsWith('content-length: '))?.slice(16) ?? 0);
    const empty = head || status === 304 || status === 204 || status < 200;
    const isChunked = fields.includes('transfer-encoding: chunked');
    const from = end + 4;
    const to = isChunked ? rest.indexOf('0\r\n\r\n', from) + 5 : from + (empty ? 0 : length);
    const body = rest.slice(from, to);
    if (status >= 200)
      answers.push({ status, fields: fields.filter((line) => !line.startsWith('date: ')).sort(), body });
    rest = rest.slice(to);
  }
  return answers;
}
