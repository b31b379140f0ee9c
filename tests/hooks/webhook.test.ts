import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { SentEvent } from '../../src/hooks/event.ts';
import { signatures } from '../../src/hooks/signature.ts';
import { Webhook } from '../../src/hooks/webhook.ts';
import { MemoryStore } from '../../src/store/memory/memory-store.ts';
import { freePort } from '../system/free-port.ts';
import { until } from '../until.ts';
import { begin, closeOpened, end, openHook, word } from './telling.ts';

const SECRET = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

/** A request as the receiver got it. */
interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly url: string;
}

/** A receiver of the test's own; `answer` says what it does with each request. */
class HttpReceiver {
  readonly got: Got[] = [];
  answer: (response: ServerResponse, got: Got) => void = (response) => response.writeHead(204).end();
  #server: Server | undefined;
  port = 0;

  async listen(): Promise<void> {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        const got = { headers: request.headers, body, url: request.url ?? '' };
        this.got.push(got);
        this.answer(response, got);
      });
    }).listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get words(): string[] {
    return this.got.map(({ body }) => word(JSON.parse(body) as SentEvent));
  }

  async close(): Promise<void> {
    const closed = this.#server && once(this.#server, 'close');
    this.#server?.close();
    this.#server?.closeAllConnections();
    await closed;
  }
}

/** Runs `body` with a receiver that listens. */
async function withReceiver(body: (receiver: HttpReceiver) => Promise<void>): Promise<void> {
  const receiver = new HttpReceiver();
  await receiver.listen();
  try {
    await body(receiver);
  } finally {
    await closeOpened();
    await receiver.close();
  }
}

const event: SentEvent = {
  ...{ id: 'evt_1', type: 'stream.up', timestamp: '2026-11-27T12:00:00.000Z', stream: 'yard' },
  link: 'http://cams.example.org/?stream=yard',
  picture: 'http://cams.example.org/streams/yard/picture.jpg',
};

function webhook(url: string, timeout = 5000, secrets = [SECRET]): Webhook {
  return new Webhook({ url, secrets, timeout });
}

function outcome(url: string, timeout?: number) {
  return webhook(url, timeout).send(event, new AbortController().signal);
}

describe('signatures', () => {
  test('are those of the published example of Standard Webhooks', () => {
    const [secret, id] = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek'];
    const signed = signatures([secret], id, 1_614_265_330, '{"test": 2432232314}');
    assert.equal(signed, 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });
});

describe('Webhook', () => {
  test('sends what openssl signs in the same way, by each key', () =>
    withReceiver(async (receiver) => {
      const other = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
      const sender = webhook(`${receiver.url}/in?a=b`, 5000, [SECRET, other]);
      assert.deepEqual(await sender.send(event, new AbortController().signal), { type: 'sent' });
      const [{ headers, body, url }] = receiver.got as [Got];
      assert.deepEqual(JSON.parse(body), event);
      assert.equal(url, '/in?a=b');
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['webhook-id'], 'evt_1');
      const seconds = Number(headers['webhook-timestamp']);
      assert.ok(Math.abs(seconds - Date.now() / 1000) < 60);
      const signed = [SECRET, other].map((secret) => {
        const key = Buffer.from(secret.slice(6), 'base64').toString('hex');
        const input = `evt_1.${seconds}.${body}`;
        const options = ['dgst', '-sha256', '-mac', 'HMAC', '-macopt', `hexkey:${key}`, '-binary'];
        return `v1,${execFileSync('openssl', options, { input }).toString('base64')}`;
      });
      assert.equal(headers['webhook-signature'], signed.join(' '));
    }));

  test('sends nothing signed without a key, and a login as a header', () =>
    withReceiver(async (receiver) => {
      const url = receiver.url.replace('//', '//us%40er:p%2Fw@');
      const sender = webhook(url, 5000, []);
      assert.deepEqual(await sender.send(event, new AbortController().signal), { type: 'sent' });
      const [{ headers }] = receiver.got as [Got];
      assert.equal(headers['webhook-signature'], undefined);
      assert.equal(headers.authorization, `Basic ${Buffer.from('us@er:p/w').toString('base64')}`);
      assert.equal(sender.label, `webhook ${receiver.url}`);
    }));

  test('reads answers: 2xx, Retry-After in seconds or as a date, 410, and all others', () =>
    withReceiver(async (receiver) => {
      const answered = async (status: number, headers: Record<string, string> = {}) => {
        receiver.answer = (response) => response.writeHead(status, headers).end('x'.repeat(100_000));
        return outcome(receiver.url);
      };
      assert.deepEqual(await answered(202), { type: 'sent' });
      assert.deepEqual(await answered(500), { type: 'failed', reason: 'answered 500' });
      assert.deepEqual(await answered(400), { type: 'failed', reason: 'answered 400' });
      assert.deepEqual(await answered(429, { 'Retry-After': '7' }), {
        ...{ type: 'failed', reason: 'answered 429', after: 7000 },
      });
      const date = await answered(503, { 'Retry-After': new Date(Date.now() + 60_000).toUTCString() });
      assert.ok(
        date.type === 'failed' && date.after !== undefined && date.after > 50_000 && date.after <= 60_000,
      );
      const odd = await answered(503, { 'Retry-After': 'soon' });
      assert.deepEqual(odd, { type: 'failed', reason: 'answered 503' });
      assert.deepEqual(await answered(410), { type: 'gone', reason: 'answered 410 Gone' });
    }));

  test('follows no redirect: who is told says the operator alone', () =>
    withReceiver((other) =>
      withReceiver(async (receiver) => {
        receiver.answer = (response) => response.writeHead(307, { Location: `${other.url}/inside` }).end();
        const came = await outcome(receiver.url);
        assert.ok(came.type === 'failed' && /answered 307, a redirect/.test(came.reason));
        assert.equal(other.got.length, 0);
      }),
    ));

  test('waits no longer than it was told for one that does not answer, or does not stop to', () =>
    withReceiver(async (receiver) => {
      receiver.answer = () => {};
      assert.deepEqual(await outcome(receiver.url, 200), {
        ...{ type: 'failed', reason: 'has not answered within 0.2 s' },
      });
      receiver.answer = (response) => {
        response.writeHead(204).flushHeaders();
      };
      assert.deepEqual(await outcome(receiver.url, 2000), { type: 'sent' });
    }));

  test('says why it was not reached, without what the URL hides', async () => {
    const port = await freePort();
    const came = await outcome(`http://user:pass-word@127.0.0.1:${port}/secret-path`);
    assert.ok(came.type === 'failed');
    assert.match(came.reason, /^cannot be reached \(connect ECONNREFUSED 127\.0\.0\.1/);
  });
});

describe('a hook with a webhook', () => {
  test('holds up no marker for one whose answer does not come, and keeps the order of each', () =>
    withReceiver(async (receiver) => {
      const store = new MemoryStore();
      let answerSlow = () => {};
      receiver.answer = (response, { body }) => {
        const answer = () => void response.writeHead(204).end();
        if (word(JSON.parse(body) as SentEvent) === 'begun slow') answerSlow = answer;
        else answer();
      };
      const { counts } = await openHook(store, webhook(receiver.url, 60_000));
      for (const id of ['slow', 'a', 'b']) await begin(store, id);
      for (const id of ['slow', 'a', 'b']) await end(store, id);
      await until('the others are told', 10, () => receiver.got.length === 5);
      assert.ok(!receiver.words.includes('ended slow'));
      answerSlow();
      await until('it is told, too', 10, () => counts.sent === 6);
      assert.equal(receiver.words.at(-1), 'ended slow');
    }));

  test('brings everything to one that answers 500, dies in the middle and comes back, in order', () =>
    withReceiver(async (receiver) => {
      const store = new MemoryStore();
      const taken: string[] = [];
      let refusals = 0;
      receiver.answer = (response, { body }) => {
        refusals += 1;
        if (refusals % 5 === 1) return void response.writeHead(500).end();
        if (refusals % 5 === 3) return void response.destroy();
        taken.push(word(JSON.parse(body) as SentEvent));
        response.writeHead(204).end();
      };
      const { counts } = await openHook(store, webhook(receiver.url));
      for (let n = 0; n < 4; n += 1) await begin(store, `m${n}`);
      await until('some are told', 10, () => taken.length >= 2);
      await receiver.close();
      for (let n = 0; n < 4; n += 1) await end(store, `m${n}`);
      await until('it is away', 10, () => counts.failed >= 4);
      await receiver.listen();
      await until('all is told', 30, () => counts.sent === 8);
      const once = [...new Set(taken)];
      assert.equal(once.length, 8);
      for (let n = 0; n < 4; n += 1) assert.ok(once.indexOf(`begun m${n}`) < once.indexOf(`ended m${n}`));
      assert.ok(receiver.got.every(({ headers, body }) => JSON.parse(body).id === headers['webhook-id']));
    }));

  test('tells one that took it and answered too late the very same again, by which it knows it', () =>
    withReceiver(async (receiver) => {
      receiver.answer = (response) => {
        // The first answer never comes.
        if (receiver.got.length > 1) response.writeHead(204).end();
      };
      const store = new MemoryStore();
      const { counts } = await openHook(store, webhook(receiver.url, 200));
      await begin(store, 'a');
      await end(store, 'a');
      await until('all is taken', 20, () => counts.sent === 2);
      assert.deepEqual(receiver.words, ['begun a', 'begun a', 'ended a']);
      const [first, second, last] = receiver.got;
      assert.equal(first?.body, second?.body);
      assert.equal(first?.headers['webhook-id'], second?.headers['webhook-id']);
      assert.notEqual(first?.headers['webhook-id'], last?.headers['webhook-id']);
    }));

  test('lets one alone that answers 410', () =>
    withReceiver(async (receiver) => {
      const store = new MemoryStore();
      receiver.answer = (response) => response.writeHead(410).end();
      const { hook, counts, log } = await openHook(store, webhook(receiver.url));
      await begin(store, 'a');
      await until('it has said so', 10, () => hook.trouble !== undefined);
      await begin(store, 'b');
      await until('they are dropped', 10, () => counts.dropped === 2);
      assert.equal(receiver.got.length, 1);
      assert.match(log.at(-1) ?? '', /answered 410 Gone: it is told nothing more/);
    }));
});
