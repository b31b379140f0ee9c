import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { segmentType, withCmafBrand } from '../../src/container/brands.ts';

describe('brands', () => {
  test('a segment says in its first box that it is one of CMAF and of DASH', () => {
    assert.equal(segmentType.readUInt32BE(0), segmentType.length);
    assert.equal(segmentType.toString('latin1', 4), 'stypmsdh\0\0\0\0msdhcmfscmfc');
  });

  test('an init segment lists cmfc among its brands, once', () => {
    const ftyp = Buffer.from('\0\0\0\x18ftypiso5\0\0\x02\0iso5iso6', 'latin1');
    const branded = withCmafBrand(ftyp);
    assert.equal(branded.toString('latin1'), '\0\0\0\x1cftypiso5\0\0\x02\0iso5iso6cmfc');
    assert.equal(withCmafBrand(branded), branded);
  });
});
