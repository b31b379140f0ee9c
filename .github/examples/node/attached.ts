// A stream below a path of a server that has pages of its own, with a detector, marks and boxes. Ctrl-C ends it.
import { createServer } from 'node:http';
import { attach, type Detector, type FrameObject } from 'hlsstream';

const [width, height, fps] = [320, 180, 25];

let isThere = false;

/** Says while something bright is near the left edge. Its pictures are small and RGBA. */
const left: Detector = {
  name: 'left',
  look({ data, width, height, pts, date }) {
    const isBright = (data[(Math.floor(height / 2) * width + 10) * 4] ?? 0) > 150;
    if (isBright === isThere) return [];
    isThere = isBright;
    if (!isBright) return [{ type: 'end', key: 'left', pts }];
    return [{ type: 'begin', key: 'left', pts, date, text: 'At the left', class: 'square' }];
  },
};

/** A white square that moves along, and the box around it. */
function draw(n: number): { data: Uint8Array; square: FrameObject } {
  const data = new Uint8Array(width * height * 3).fill(40);
  const [side, left, top] = [40, (n * 2) % (width - 40), 70];
  for (let y = top; y < top + side; y++)
    data.fill(255, (y * width + left) * 3, (y * width + left + side) * 3);
  const box = [left / width, top / height, side / width, side / height] as const;
  return { data, square: { label: 'square', track: '1', score: 1, box } };
}

const server = createServer((_request, response) => response.end('The stream is at /live/\n'));
const live = await attach(server, {
  prefix: '/live',
  name: 'square',
  width,
  height,
  fps,
  format: 'rgb24',
  detectors: [left],
});
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => console.log(`Watch at ${live.url}`));
live.on('error', (error) => console.error(error.code, error.message));
live.on('viewers', (count) => console.log(`${count} watching`));

let running = true;
process.once('SIGINT', () => (running = false));
for (let n = 0; running; n++) {
  const { data, square } = draw(n);
  await live.write({ data, pts: n / fps, objects: [square] });
  if (n % 140 === 0) live.mark({ text: 'The square begins again', class: 'square' });
}
await live.close();
server.close();
server.closeAllConnections();
