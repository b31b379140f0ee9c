import type { Encoder, EncoderInput, EncoderRun, Fragment } from '../../src/encoder/encoder.ts';

/** An encoder that gives its pictures' PTS as bytes, each when the next one is there. */
export class PlainEncoder implements Encoder {
  start(): EncoderRun {
    const fragments: Fragment[] = [];
    let last: EncoderInput | undefined;
    let over = false;
    let wake = () => {};
    const emit = (duration: number) => {
      if (last === undefined) return;
      const { pts, keyframe } = last;
      fragments.push({
        pts,
        duration,
        independent: keyframe || fragments.length === 0,
        bytes: Buffer.from(`${pts} `),
      });
      wake();
    };
    const end = () => {
      emit(33_333);
      last = undefined;
      over = true;
      wake();
    };
    return {
      init: Promise.resolve({ bytes: Buffer.from('init'), codecs: 'avc1.64001f', width: 160, height: 96 }),
      fragments: (async function* () {
        for (let index = 0; ; index += 1) {
          while (index >= fragments.length && !over)
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          const fragment = fragments[index];
          if (fragment === undefined) return;
          yield fragment;
        }
      })(),
      async write(input) {
        emit(input.pts - (last?.pts ?? 0));
        last = input;
        // What reads the fragments runs beside what writes the pictures.
        await new Promise((resolve) => setImmediate(resolve));
      },
      end,
      kill: end,
    };
  }
}
