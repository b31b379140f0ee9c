import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import type { Detector } from '../../src/detector/detector.ts';
import { openDetector } from '../../src/detector/open.ts';
import { drawBoard } from './board.ts';
import { detectorContract } from './detector-contract.ts';

const open = async (settings: Parameters<typeof parseConfig>[0]) =>
  (await openDetector(parseConfig(settings))) as Detector;

const folder = mkdtempSync(join(tmpdir(), 'detector-contract-'));
after(() => rmSync(folder, { recursive: true }));

/** A module as a user writes one: it looks whether the first pixel is bright. */
const lamp = join(folder, 'lamp.mjs');
writeFileSync(
  lamp,
  `export default () => {
    let lit;
    let count = 0;
    return {
      name: 'lamp',
      look({ pts, date, data }) {
        const bright = data[0] > 200;
        if (bright === (lit !== undefined)) return [];
        if (!bright) {
          const key = lit;
          lit = undefined;
          return [{ type: 'end', key, pts }];
        }
        lit = 'lamp-' + count++;
        return [{ type: 'begin', key: lit, pts, date, text: 'Lamp', class: 'lamp' }];
      },
    };
  };`,
);
const broken = join(folder, 'broken.mjs');
writeFileSync(broken, 'export const look = 1;');

detectorContract('mint-square', {
  open: () => open({ detector: 'mint-square' }),
  draw: (shown) => drawBoard({ width: 160, height: 90, block: 10 }, 0, shown ? [{ column: 5, row: 3 }] : []),
  refusals: [['a name that is no detector', () => open({ detector: 'mint' }), 'USAGE']],
});

detectorContract('motion', {
  open: () => open({ detector: 'motion' }),
  draw(shown) {
    const data = new Uint8Array(40 * 24 * 4).fill(255);
    for (let i = 0; i < 40 * 24; i += 1) {
      const [x, y] = [i % 40, Math.floor(i / 40)];
      const visitor = shown && x >= 10 && x < 18 && y >= 8 && y < 20;
      data.fill(visitor ? 30 : 120 + ((x * 7 + y * 13) % 40), i * 4, i * 4 + 3);
    }
    return { width: 40, height: 24, data };
  },
  refusals: [
    ['a threshold above the picture', () => open({ motionThreshold: '2' }), 'USAGE'],
    ['a threshold that is no number', () => open({ motionThreshold: 'much' }), 'USAGE'],
    ['a minimum before it began', () => open({ motionMinimum: '-1' }), 'USAGE'],
    ['a quiet time of an hour', () => open({ motionQuiet: '3600' }), 'USAGE'],
  ],
});

detectorContract('a module', {
  open: () => open({ detector: lamp }),
  draw: (shown) => ({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 4).fill(shown ? 255 : 10) }),
  refusals: [
    ['a module without a detector', () => open({ detector: broken }), 'MODULE_INVALID'],
    ['a module that is not there', () => open({ detector: './nowhere.js' }), 'MODULE_INVALID'],
    ['an empty name', () => open({ detector: '' }), 'USAGE'],
  ],
});

/** The same lamp in another language. */
const script = join(folder, 'lamp.py');
writeFileSync(
  script,
  `import json, sys
lit, count = None, 0
while True:
    line = sys.stdin.buffer.readline()
    if not line: break
    head = json.loads(line)
    pixels = sys.stdin.buffer.read(head["width"] * head["height"] * 3)
    said, bright = [], pixels[0] > 200
    if bright and lit is None:
        lit, count = "lamp-%d" % count, count + 1
        said = [{"type": "begin", "key": lit, "text": "Lamp", "class": "lamp"}]
    elif not bright and lit is not None:
        said, lit = [{"type": "end", "key": lit}], None
    print(json.dumps({"seq": head["seq"], "observations": said}))
`,
);
const programs: Detector[] = [];
after(() => Promise.all(programs.map((program) => program.close?.())));

detectorContract('a program', {
  async open() {
    const detector = await open({ detector: `exec:python3 '${script}'` });
    programs.push(detector);
    return {
      ...detector,
      // The contract asks for observations.
      look: async (picture) => {
        const answer = await detector.look(picture);
        return 'observations' in answer ? (answer.observations ?? []) : [];
      },
    };
  },
  draw: (shown) => ({ width: 16, height: 16, data: new Uint8Array(16 * 16 * 4).fill(shown ? 255 : 10) }),
  refusals: [
    ['a program that is not there', () => open({ detector: 'exec:no-such-program' }), 'USAGE'],
    ['no program', () => open({ detector: 'exec:' }), 'USAGE'],
    ['a width above what is sent', () => open({ detectorWidth: '8000' }), 'USAGE'],
    ['a format that nobody knows', () => open({ detectorFormat: 'cmyk' }), 'USAGE'],
  ],
});
