/** How many objects and arrays of a marker's data may lie within each other, itself counted. */
const DEEPEST = 16;
/** Deeper than this some who write JSON down fail. */
const TOO_DEEP = 64;
/** How many values it may hold, those within others counted. */
const MOST_VALUES = 1000;
/** How long it may be as JSON, in bytes. */
const LONGEST = 4096;

/**
 * What is wrong with the data of a marker, as what follows "data"; undefined if nothing is. What is taken must be read by
 * everybody for as long as the marker is kept: who writes it down or sends it goes down as deep as it is.
 */
export function faultOfMarkerData(data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return 'is not an object';
  const { depth, values } = depthAndValues(data, DEEPEST, MOST_VALUES);
  if (depth > DEEPEST) return `is nested more than ${DEEPEST} deep`;
  if (values > MOST_VALUES) return `holds more than ${MOST_VALUES} values`;
  try {
    const bytes = new TextEncoder().encode(JSON.stringify(data)).length;
    return bytes > LONGEST ? `is longer than ${LONGEST} bytes as JSON` : undefined;
  } catch (error) {
    return `is not plain JSON: ${error instanceof Error ? error.message : error}`;
  }
}

/** A marker that may have been stored before data was looked at so: without it where nobody could read it. */
export function readable<T extends { readonly data: unknown }>(marker: T): T {
  const { data } = marker;
  const isSound =
    typeof data === 'object' &&
    data !== null &&
    depthAndValues(data, TOO_DEEP, Number.POSITIVE_INFINITY).depth <= TOO_DEEP;
  return isSound ? marker : { ...marker, data: {} };
}

/** How deep a value is and how many it holds, level by level, for to go down it by recursion might not end well. */
export function depthAndValues(
  value: object,
  deepest: number,
  most: number,
): { depth: number; values: number } {
  let level: object[] = [value];
  let values = 0;
  let depth = 0;
  while (level.length > 0) {
    depth += 1;
    if (depth > deepest || values > most) break;
    const below: object[] = [];
    for (const each of level) {
      const held = Object.values(each);
      values += held.length;
      if (values > most) break;
      for (const inner of held) if (typeof inner === 'object' && inner !== null) below.push(inner);
    }
    level = below;
  }
  return { depth, values };
}
