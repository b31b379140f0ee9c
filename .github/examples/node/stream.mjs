import { serve } from 'hlsstream';

const live = await serve({ width: 640, height: 360, fps: 30, port: Number(process.env.PORT ?? 5000) });
console.log(`Watch at ${live.url}`);
const data = new Uint8Array(640 * 360 * 4).fill(255);
for (let n = 0; ; n++) {
  data.fill(n % 256, 0, (n % 360) * 640 * 4);
  await live.write({ data, pts: n / 30 });
}
