/** What a successor takes over: the scene without anything that stands before it. */
export interface SceneMemory {
  readonly columns: number;
  readonly rows: number;
  /** Levels, 3 a cell. */
  readonly background: Uint8Array;
  /** Sixteenths of a level, one a cell. */
  readonly deviation: Uint8Array;
  /** Levels, one a pixel; a predecessor of an older version has none. */
  readonly relief?: Uint8Array;
}

/** Whether what a predecessor left is of this kind and whole. */
export function isSceneMemory(value: unknown): value is SceneMemory {
  const memory = value as SceneMemory | undefined;
  return (
    memory?.background instanceof Uint8Array &&
    memory.deviation instanceof Uint8Array &&
    memory.background.length === memory.columns * memory.rows * 3 &&
    memory.deviation.length === memory.columns * memory.rows
  );
}
