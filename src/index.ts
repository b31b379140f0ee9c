/** What a program that brings its own source or detector imports from `hlsstream`. */
export type { EpochMicroseconds, Microseconds } from './clock.ts';
export type { Frame } from './container/frame.ts';
export type { Answer, Detector, InstantEvent, Observation } from './detector/detector.ts';
export { type ErrorCode, errorCodes, HlsStreamError } from './errors.ts';
export type { Picture } from './frames/picture.ts';
export type { FrameObject } from './hls/frame-objects.ts';
export type { Marker } from './hls/marker-log.ts';
export type { FrameLine } from './source/frame-line.ts';
export type { ModuleFrame, SourceModule, SourceRequest } from './source/module-input.ts';
