/** What a program imports from `hlsstream`: live streams from code, and the seams for parts of its own. */
export type { EpochMicroseconds, Microseconds } from './clock.ts';
export type { Frame, FrameAnnotations } from './container/frame.ts';
export type { Answer, Detector, InstantEvent, Observation } from './detector/detector.ts';
export type {
  Encoder,
  EncoderInput,
  EncoderRun,
  Fragment,
  InitSegment,
  RunShape,
} from './encoder/encoder.ts';
export { type ErrorCode, errorCodes, HlsStreamError } from './errors.ts';
export type { Picture } from './frames/picture.ts';
export type {
  FrameMarker,
  FrameMarkerEnd,
  FrameMarking,
  LateMarking,
  LateObjects,
} from './hls/frame-marker.ts';
export type { FrameObject } from './hls/frame-objects.ts';
export type { Marker } from './hls/marker-log.ts';
export { type AttachOptions, attach } from './library/attach.ts';
export type { CloseOptions, FrameMark, Live, LiveEvents, LiveFrame } from './library/live.ts';
export type { LogEntry } from './library/log-entry.ts';
export type { AttachTarget, ExpressLike, FastifyLike, KoaLike } from './library/mount.ts';
export { serve } from './library/serve.ts';
export type { ServeOptions, SettingValue } from './library/serve-options.ts';
export type { FrameLine } from './source/frame-line.ts';
export type { ModuleFrame, SourceModule, SourceRequest } from './source/module-input.ts';
export type { RawFormat } from './source/pixels.ts';
export type { Source } from './source/source.ts';
export type { Storage, WriteOptions } from './storage/storage.ts';
export type {
  AppendOptions,
  ChannelMessage,
  Cursor,
  Fence,
  FollowOptions,
  LogEntry as StoreEntry,
  LogEvent,
  PublishOptions,
  ReadOptions,
  SetOptions,
  Store,
  StoreState,
  StoreValue,
  SubscribeOptions,
} from './store/store.ts';
