import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { tried } from '../long.ts';
import { fixture, until } from './fixture.ts';
import { send } from './http.ts';
import { answersIn, sendRaw } from './raw-request.ts';
import { chance, makePieces } from './request-maker.ts';

/** Connections tried, with five requests each on average. */
const CONNECTIONS = tried(2500, 60_000);
/** How many are open at a time. */
const LANES = 24;

/** Whether something that was sent was no request. */
function isRefused(text: string): boolean {
  return text.includes('"this is no HTTP request"');
}

/** How many answers there were to requests. */
function answered(text: string): number {
  return answersIn(text) - (isRefused(text) ? 1 : 0);
}

/**
 * What a server sent, made comparable: the order of fields means nothing, nor the second they were sent in, and
 * whether a 100 comes is the server's choice (RFC 9110 §10.1.1: none where the answer before is still under way).
 */
function comparable(text: string): string[] {
  const answers = text
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((answer) => answer !== 'HTTP/1.1 100 Continue\r\n\r\n');
  // That what came behind a request was none is said while there is still somebody to hear it: Node's parser ends too.
  if (answers.length > 1 && isRefused(answers.at(-1) ?? '')) answers.pop();
  return answers.map((answer) => {
    const end = answer.indexOf('\r\n\r\n');
    const [line = '', ...fields] = answer.slice(0, end).split('\r\n');
    const kept = fields.filter((each) => !each.startsWith('Date: ')).map((each) => each.toLowerCase());
    return [line, ...kept.sort(), '', answer.slice(end + 4)].join('\n');
  });
}

test('the plain connection answers whatever comes as Node’s parser does', async (t) => {
  const seed = Number(process.env.SEED ?? tried(20_261_127, Math.floor(Math.random() * 2 ** 32)));
  t.diagnostic(`seed ${seed}: run it again with SEED=${seed}`);
  const corsOrigins = ['https://site.example'];
  const made = await fixture(t, { segments: 3, corsOrigins });
  const node = await made.another({ plainConnections: false });
  await until(() => (node.api.live.stream('cam')?.state?.nextMsn ?? 0) >= made.packager.msn);
  for (const path of ['init-r1.mp4', ...[0, 1, 2].flatMap((msn) => [`${msn}.m4s`, `${msn}.2.m4s`])]) {
    // What comes from storage the first time comes later.
    for (const port of [made.port, node.port]) await send(port, `/video/cam/e1/main/${path}`).answer;
  }
  let next = 0;
  let requests = 0;
  let plain = 0;
  const lane = async () => {
    for (let mine = next++; mine < CONNECTIONS; mine = next++) {
      const pieces = makePieces(chance(seed + mine));
      const ask = (answersFirst: number) =>
        Promise.all([made.port, node.port].map((port) => sendRaw(port, '', { pieces, answersFirst })));
      let texts = await ask(0);
      let [own, other] = texts.map(comparable);
      // What the end of a connection cuts off is refused, unless it was answered before the end came: then it comes later.
      if (texts.some(isRefused) && !isDeepStrictEqual(own, other)) {
        texts = await ask(Math.max(...texts.map(answered)));
        [own, other] = texts.map(comparable);
      }
      const sent = JSON.stringify(pieces);
      assert.deepEqual(own, other, `seed ${seed + mine}: ${sent}`);
      assert.ok(!own?.some((answer) => /: undefined(\n|$)/.test(answer)), sent);
      requests += own?.length ?? 0;
      plain += own?.filter((answer) => /^HTTP\/1\.1 20[06]/.test(answer)).length ?? 0;
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  assert.ok(
    requests > 3 * CONNECTIONS && plain > CONNECTIONS,
    `${requests} answers, ${plain} of media and playlists`,
  );
  assert.deepEqual(made.failures, []);
});
