import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LONGEST_LINE } from '../../src/source/frame-line.ts';
import { FrameParser, type ParsedFrame } from '../../src/source/frame-parser.ts';
import { seededRandom } from '../../src/source/random.ts';
import { tried } from '../long.ts';

const SIZE = 48;

/** A picture that says which it is: every byte is its number, or comes from `random`. */
function picture(id: number, size = SIZE): Buffer {
  return Buffer.alloc(size, id % 256);
}

function line(id: number, more = ''): Buffer {
  return Buffer.from(`{"id":${id}${more}}\n`);
}

function frame(id: number): Buffer {
  return Buffer.concat([line(id), picture(id)]);
}

/** Everything that comes out when the bytes come in these pieces. */
function parse(pieces: readonly Uint8Array[], size = SIZE): ParsedFrame[] {
  const parser = new FrameParser(size);
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

function ids(events: readonly ParsedFrame[]): unknown[] {
  return events.flatMap((event) => (event.type === 'frame' ? [event.line.id] : []));
}

function types(events: readonly ParsedFrame[]): string[] {
  return events.map(({ type }) => type).filter((type) => type !== 'frame');
}

describe('FrameParser', () => {
  test('frames come out whole and in order, wherever the bytes are split', () => {
    const bytes = Buffer.concat([frame(1), line(2, ',"markers":[{"text":"Tür"}]'), picture(2), frame(3)]);
    for (let first = 0; first <= bytes.length; first += 1) {
      for (const second of [first, Math.min(first + 1, bytes.length), bytes.length]) {
        const events = parse([
          bytes.subarray(0, first),
          bytes.subarray(first, second),
          bytes.subarray(second),
        ]);
        assert.deepEqual(ids(events), [1, 2, 3]);
        assert.deepEqual(types(events), []);
        for (const event of events)
          if (event.type === 'frame') assert.deepEqual(event.pixels, picture(event.line.id as number));
      }
    }
    assert.deepEqual(ids(parse([...bytes].map((byte) => Uint8Array.of(byte)))), [1, 2, 3]);
  });

  test('a line may end with a carriage return and hold spaces, and a picture may be full of newlines and braces', () => {
    const odd = Buffer.from('{"x":1}\n'.repeat(SIZE / 8));
    const bytes = Buffer.concat([Buffer.from('{ "id" : 1 } \r\n'), odd, Buffer.from('{}\n'), odd, frame(3)]);
    assert.deepEqual(ids(parse([bytes])), [1, undefined, 3]);
  });

  test('a picture waits for what comes behind it, and when nothing does it is given out', () => {
    const parser = new FrameParser(SIZE);
    assert.deepEqual(parser.push(frame(1)), []);
    assert.ok(parser.waits);
    assert.deepEqual(ids(parser.idle()), [1]);
    assert.deepEqual(ids(parser.push(frame(2))), []);
    assert.deepEqual(ids(parser.push(frame(3))), [2]);
    assert.deepEqual(ids(parser.end()), [3]);
  });

  test('a line that stands alone has no picture, wherever it comes, and goes with nothing that is wrong', () => {
    const alone = (id: number) => Buffer.from(`{"id":${id},"of":1}\n`);
    const bytes = Buffer.concat([alone(1), frame(2), alone(3), alone(4), frame(5), alone(6)]);
    const all = (events: readonly ParsedFrame[]) =>
      events.flatMap((event) => ('line' in event ? [[event.type, event.line?.id]] : [event.type]));
    const expected = [
      ['alone', 1],
      ['frame', 2],
      ['alone', 3],
      ['alone', 4],
      ['frame', 5],
      ['alone', 6],
    ];
    for (let cut = 0; cut <= bytes.length; cut += 1)
      assert.deepEqual(all(parse([bytes.subarray(0, cut), bytes.subarray(cut)])), expected);
    const wrong = Buffer.concat([frame(1), line(2), picture(2, SIZE - 1), alone(3), frame(4), frame(5)]);
    for (let cut = 0; cut <= wrong.length; cut += 1) {
      const events = parse([wrong.subarray(0, cut), wrong.subarray(cut)]);
      assert.deepEqual(ids(events), [1, 4, 5], `cut at ${cut}`);
      assert.ok(all(events).some((one) => String(one) === 'alone,3'));
    }
  });

  for (const [what, wrong] of Object.entries({
    'one byte too few': picture(2, SIZE - 1),
    'half of it missing': picture(2, SIZE / 2),
    'none of it': picture(2, 0),
    'one byte too many': picture(2, SIZE + 1),
    'twice its length': picture(2, SIZE * 2),
    'a newline behind it': Buffer.concat([picture(2), Buffer.from('\n')]),
    'a line of text behind it': Buffer.concat([picture(2), Buffer.from('warning: slow\n')]),
    'JSON that is no object behind it': Buffer.concat([picture(2), Buffer.from('[1]\n')]),
  })) {
    test(`a picture with ${what} is left out, and no other one`, () => {
      const bytes = Buffer.concat([frame(1), line(2), wrong, frame(3), frame(4), frame(5)]);
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const events = parse([bytes.subarray(0, cut), bytes.subarray(cut)]);
        assert.deepEqual(ids(events), [1, 3, 4, 5], `cut at ${cut}`);
        assert.deepEqual(types(events), ['lost', 'found']);
        assert.equal(events.find(({ type }) => type === 'found')?.type, 'found');
      }
    });
  }

  test('a line that is none costs its own picture and the one before it at most', () => {
    for (const bad of [
      '{"id":2\n',
      'id=2\n',
      '{"id":2}',
      '\n',
      '{"id":\u0000}\n',
      '{"id":"\xff"}\n',
      '"text"\n',
    ]) {
      const bytes = Buffer.concat([frame(1), Buffer.from(bad, 'latin1'), picture(2), frame(3), frame(4)]);
      const found = ids(parse([bytes]));
      assert.deepEqual(found, [3, 4], JSON.stringify(bad));
    }
  });

  test('what a library prints before the first frame is passed over', () => {
    const bytes = Buffer.concat([
      Buffer.from('Using device {"cpu"}\nloaded {}\n'),
      frame(1),
      frame(2),
      frame(3),
    ]);
    assert.deepEqual(ids(parse([bytes])), [1, 2, 3]);
  });

  test('while the place is lost a line inside a picture does not count: no other one is behind its pixels', () => {
    const trap = Buffer.concat([Buffer.from('{"id":66}\n'), Buffer.alloc(SIZE - 10, 1)]);
    const bytes = Buffer.concat([Buffer.from('no line\n'), line(1), trap, line(2), trap, frame(3), frame(4)]);
    assert.deepEqual(ids(parse([bytes])), [1, 2, 3, 4]);
  });

  test('a short picture that took the whole next line up is not given out when nothing follows', () => {
    const next = line(2);
    const parser = new FrameParser(SIZE);
    parser.push(Buffer.concat([line(1), picture(1, SIZE - next.length), next]));
    assert.deepEqual(parser.idle(), []);
    const events = [...parser.push(Buffer.concat([picture(2), frame(3)])), ...parser.end()];
    assert.deepEqual(ids(events), [2, 3]);
  });

  test('pictures of another size are never shown, and it is said how large they are', () => {
    const other = (id: number) => Buffer.concat([line(id), picture(id, SIZE + 16)]);
    const events = parse([Buffer.concat([1, 2, 3, 4, 5, 6].map(other))]);
    assert.deepEqual(ids(events), []);
    assert.deepEqual(
      events.map((event) => (event.type === 'apart' ? event.bytes : event.type)),
      ['lost', SIZE + 16],
    );
  });

  test('memory is bounded, whatever comes', () => {
    const kinds = [
      Buffer.alloc(65_536, 0x7b),
      Buffer.alloc(65_536, '{"'),
      Buffer.alloc(65_536, '{"a":'),
      Buffer.alloc(65_536, 0x0a),
      Buffer.alloc(65_536, '{}\n'),
    ];
    for (const kind of kinds) {
      const parser = new FrameParser(300_000);
      for (let times = 0; times < 40; times += 1) parser.push(kind);
      assert.ok(
        parser.held <= 300_000 + 2 * LONGEST_LINE + 65_536,
        `${parser.held} for ${kind.subarray(0, 6)}`,
      );
    }
  });

  test('a line of the longest length is one, and of one byte more is none', () => {
    const long = (length: number) => {
      const text = `{"id":2,"x":"${'x'.repeat(length - 16)}"}\n`;
      return Buffer.from(text);
    };
    assert.equal(long(LONGEST_LINE).length, LONGEST_LINE);
    const stream = (length: number) =>
      Buffer.concat([frame(1), long(length), picture(2), frame(3), frame(4)]);
    assert.deepEqual(ids(parse([stream(LONGEST_LINE)])), [1, 2, 3, 4]);
    assert.deepEqual(ids(parse([stream(LONGEST_LINE + 1)])), [3, 4]);
  });

  test('whatever is broken, no wrong picture comes out and the sound ones are found again', () => {
    const cases = tried(1500, 20_000);
    for (let seed = 1; seed <= cases; seed += 1) {
      const random = seededRandom(seed);
      const size = 4 * (1 + Math.floor(random() * 12));
      const sound: number[] = [];
      const parts: Buffer[] = [];
      // Sums tell a whole picture from one that was put together of two.
      const pixels = (id: number) =>
        Buffer.from(
          Array.from({ length: size }, (_, at) =>
            random() < 0.3 ? (id * 31 + at) % 256 : '{"}\n :1'.charCodeAt(at % 8),
          ),
        );
      const pictures = new Map<number, Buffer>();
      let wasShort = false;
      for (let id = 1; id <= 12; id += 1) {
        const whole = pixels(id);
        pictures.set(id, whole);
        const fate = random();
        const cut = Math.floor(random() * size);
        const isShort = fate >= 0.7 && fate < 0.8;
        if (fate < 0.7) {
          sound.push(id);
          parts.push(line(id), whole);
        } else if (isShort && !wasShort) parts.push(line(id), whole.subarray(0, cut));
        else if (fate < 0.9 || isShort) parts.push(line(id), whole, whole.subarray(0, cut + 1));
        else parts.push(line(id).subarray(0, 1 + (cut % 6)), whole);
        // Two short ones in a row may add up to a picture: nobody could tell.
        wasShort = isShort;
      }
      const bytes = Buffer.concat(parts);
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const step = 1 + Math.floor(random() * (random() < 0.5 ? 3 : 40));
        pieces.push(bytes.subarray(at, at + step));
        at += step;
      }
      const events = parse(pieces, size);
      for (const event of events) {
        if (event.type !== 'frame') continue;
        const id = event.line.id as number;
        assert.deepEqual(event.pixels, pictures.get(id)?.subarray(0, size), `seed ${seed}: frame ${id}`);
      }
      // Between two sound neighbours nothing is lost.
      const given = new Set(ids(events));
      for (const id of sound)
        if (sound.includes(id + 1) && sound.includes(id - 1))
          assert.ok(given.has(id), `seed ${seed}: frame ${id} of ${sound} is not among ${[...given]}`);
    }
  });
});
