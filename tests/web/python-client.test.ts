import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ROOT } from '../root.ts';

const FOLDER = join(ROOT, 'web/clients');

/** What a program that imports the module writes to its standard output, as text. */
function python(program: string, input = ''): string {
  const text = `import sys\nsys.path.insert(0, ${JSON.stringify(FOLDER)})\nimport hlsstream, io, json\n${program}`;
  const { status, stdout, stderr } = spawnSync('python3', ['-B', '-c', text], { input });
  assert.equal(status, 0, String(stderr));
  return String(stdout);
}

describe('hlsstream.py', () => {
  test('is Python 3.9, and what is served and shipped', () => {
    const check = 'import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 9))';
    execFileSync('python3', ['-c', check, join(FOLDER, 'hlsstream.py')]);
    assert.deepEqual(
      readFileSync(join(ROOT, 'dist/web/clients/hlsstream.py')),
      readFileSync(join(FOLDER, 'hlsstream.py')),
    );
  });

  test('writes a line and exactly the pixels of bytes, memoryviews and arrays, what was said with the next frame only', () => {
    const out = python(`
import numpy
out = io.BytesIO()
stream = hlsstream.Stream(4, 2, to=out)
stream.write(bytes(24), 1.5)
stream.mark('goal', group='sport', id='g', data={'a': 1})
stream.objects([{'label': 'ball', 'box': [0, 0, .5, .5]}])
stream.write(memoryview(bytearray(range(24))))
stream.end('g')
stream.objects([])
stream.write(numpy.full((2, 4, 3), 7, dtype=numpy.uint8))
stream.write(numpy.arange(96, dtype=numpy.uint8).reshape(4, 8, 3)[::2, ::2])
sys.stdout.buffer.write(out.getvalue())`);
    const bytes = Buffer.from(out, 'latin1');
    const lines: unknown[] = [];
    let at = 0;
    for (let frame = 0; frame < 4; frame += 1) {
      const end = bytes.indexOf(0x0a, at);
      lines.push(JSON.parse(bytes.subarray(at, end).toString()));
      at = end + 1 + 24;
      if (frame === 2) assert.deepEqual([...bytes.subarray(end + 1, at)], Array(24).fill(7));
      if (frame === 3) assert.deepEqual([...bytes.subarray(end + 1, end + 7)], [0, 1, 2, 6, 7, 8]);
    }
    assert.equal(at, bytes.length);
    assert.deepEqual(lines, [
      { seq: 0, pts: 1.5 },
      {
        seq: 1,
        markers: [{ text: 'goal', class: 'sport', duration: 0, id: 'g', data: { a: 1 } }],
        objects: [{ label: 'ball', box: [0, 0, 0.5, 0.5] }],
      },
      { seq: 2, markers: [{ id: 'g', end: true }], objects: [] },
      { seq: 3 },
    ]);
  });

  test('says clearly what is wrong, and writes nothing of it', () => {
    const out = python(`
import numpy
out = io.BytesIO()
stream = hlsstream.Stream(4, 2, to=out)
def why(act):
    try: act()
    except hlsstream.HlsStreamError as error: print(error)
why(lambda: stream.write(bytes(23)))
why(lambda: stream.write(numpy.zeros((4, 2, 3), dtype=numpy.uint8)))
why(lambda: stream.write(numpy.zeros((2, 4, 3))))
why(lambda: stream.write('text'))
why(lambda: stream.mark('x', data={'a': float('nan')}))
why(lambda: stream.mark('x', data={'a': object()}))
why(lambda: hlsstream.Stream(3, 2, to=out))
why(lambda: hlsstream.Stream(4, 2, format='rgb', to=out))
why(lambda: hlsstream.Stream(4, 2, command='no-such-program'))
stream.close()
why(lambda: stream.write(bytes(24)))
print(out.closed)`).split('\n');
    const wanted = [
      /23 bytes instead of 24/,
      /2x4 instead of 4x2/,
      /uint8/,
      /not str/,
      /not plain JSON/,
      /not plain JSON/,
      /odd side/,
      /is not a format; it is one of rgb24/,
      /no-such-program is not found/,
      /closed/,
      /True/,
    ];
    for (const [index, words] of wanted.entries()) assert.match(out[index] ?? '', words);
  });

  test('takes the numbers and arrays that models give, and pictures whose bytes lie in another order', () => {
    const out = python(`
import numpy
out = io.BytesIO()
stream = hlsstream.Stream(4, 2, to=out)
box = numpy.array([1, 2, 4, 2], dtype=numpy.float32) / 8
stream.objects([{'label': 'ball', 'box': box, 'score': numpy.float32(0.5), 'track': numpy.int64(7)}])
stream.mark('goal', data={'count': numpy.uint8(3), 'sum': box.sum()})
bgr = numpy.arange(24, dtype=numpy.uint8).reshape(2, 4, 3)
stream.write(bgr[:, :, ::-1], numpy.float32(1.5))
stream.write(numpy.asfortranarray(bgr))
stream.write(numpy.flipud(bgr))
sys.stdout.buffer.write(out.getvalue())
class Odd: pass
sys.stdout.buffer.flush()
try: stream.write(numpy.ones((2, 4, 3), dtype=bool))
except hlsstream.HlsStreamError as error: print(error)
try: stream.objects([{'label': Odd(), 'box': [0, 0, 1, 1]}])
except hlsstream.HlsStreamError as error: print(error)`);
    const bytes = Buffer.from(out, 'latin1');
    const lines: unknown[] = [];
    const first: number[][] = [];
    let at = 0;
    for (let frame = 0; frame < 3; frame += 1) {
      const end = bytes.indexOf(0x0a, at);
      lines.push(JSON.parse(bytes.subarray(at, end).toString()));
      first.push([...bytes.subarray(end + 1, end + 7)]);
      at = end + 1 + 24;
    }
    assert.deepEqual(lines, [
      {
        ...{ seq: 0, pts: 1.5 },
        markers: [{ text: 'goal', class: 'note', duration: 0, data: { count: 3, sum: 1.125 } }],
        objects: [{ label: 'ball', box: [0.125, 0.25, 0.5, 0.25], score: 0.5, track: 7 }],
      },
      { seq: 1 },
      { seq: 2 },
    ]);
    assert.deepEqual(first, [
      [2, 1, 0, 5, 4, 3],
      [0, 1, 2, 3, 4, 5],
      [12, 13, 14, 15, 16, 17],
    ]);
    const [mask, odd] = bytes.subarray(at).toString().trim().split('\n');
    assert.match(mask ?? '', /uint8.* true and false/);
    assert.match(odd ?? '', /not plain JSON: Odd is neither/);
  });

  test('gives a detector its pictures, answers each once, and keeps stray prints out of the answers', () => {
    const picture = (seq: number) =>
      `{"seq":${seq},"width":2,"height":2,"format":"gray","pts":${seq}.5}\nabcd`;
    const out = python(
      `
for picture in hlsstream.pictures():
    print('stray')
    if picture.seq == 8:
        picture.answer(objects=[])
    if picture.seq == 7:
        picture.answer(objects=[{'sum': picture.array().sum(), 'pts': picture.pts}])`,
      picture(6) + picture(7) + picture(8),
    );
    assert.deepEqual(
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      [{ seq: 6 }, { seq: 7, objects: [{ sum: 394, pts: 7.5 }] }, { seq: 8, objects: [] }],
    );
  });
});
