/** The brand of CMAF tracks (ISO/IEC 23000-19): one track, no edit list, fragments with a `tfdt` of their own. */
const CMAF = 'cmfc';

/** The `styp` box (ISO/IEC 14496-12 §8.16.2) that begins each Media Segment: one of DASH (`msdh`) and of CMAF. */
export const segmentType: Buffer = box('styp', [
  ...[text('msdh'), Buffer.alloc(4)],
  ...['msdh', 'cmfs', CMAF].map(text),
]);

/** An `ftyp` box with `cmfc` among its compatible brands. */
export function withCmafBrand(ftyp: Buffer): Buffer {
  const brands = ftyp.subarray(8);
  for (let at = 8; at + 4 <= brands.length; at += 4)
    if (brands.toString('latin1', at, at + 4) === CMAF) return ftyp;
  return box('ftyp', [brands, text(CMAF)]);
}

function box(type: string, payload: readonly Buffer[]): Buffer {
  const body = Buffer.concat(payload);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

function text(brand: string): Buffer {
  return Buffer.from(brand, 'latin1');
}
