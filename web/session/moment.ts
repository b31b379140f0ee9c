import type { EpochMicroseconds } from '../../src/clock.ts';
import { copyText } from '../dom/copy-text.ts';
import { fileName, saveFile } from '../dom/file-name.ts';
import { frameLink, markerLink } from '../dom/links.ts';
import type { Marker } from '../markers/marker-list.ts';
import type { Boxes } from '../objects/boxes.ts';
import { dateAt } from '../player/media-clock.ts';
import { type Picture, pictureTaker, takeSoon } from '../player/picture.ts';
import { watchPresentedFrame } from '../player/presented-frame.ts';
import { type SnapshotKind, snapshotOf } from '../player/snapshot.ts';
import type { Session } from './session.ts';

/** The frame on screen, and what leaves the page with it. */
export interface Moment {
  /** Date of the frame on screen; undefined before the first. */
  date(): EpochMicroseconds | undefined;
  copyLink(): void;
  copyMarkerLink(marker: Marker): void;
  snapshot(kind: SnapshotKind): void;
}

/** What is painted over snapshots, where it is wanted. */
export type SnapshotBoxes = Pick<Boxes, 'ready' | 'paint'> & { wanted(): boolean };

/** Lines and letters of a snapshot are as large as on a picture of this width. */
const SEEN_WIDTH = 960;

/** Watches the frames of `video`; `say` tells how it went. */
export function createMoment(
  video: HTMLVideoElement,
  { player, stream }: Session,
  showMessage: (text: string) => void,
  boxes: SnapshotBoxes,
): Moment {
  const presented = watchPresentedFrame(video);
  const take = pictureTaker(video);
  const streamName = () => stream()?.name ?? '';

  function date(): EpochMicroseconds | undefined {
    const { clock, date: about } = player.state();
    const time = presented();
    return about === undefined || time === undefined ? about : (dateAt(clock, time) ?? about);
  }

  async function copy(link: string): Promise<void> {
    showMessage((await copyText(link)) ? 'Link copied' : link);
  }

  async function keepPicture(kind: SnapshotKind): Promise<void> {
    const picture = await takeSoon(take, presented);
    const about = date();
    const at = picture === undefined ? about : (dateAt(player.state().clock, picture.time) ?? about);
    const blob = picture && (await fileOf(picture, kind).finally(picture.close));
    if (blob === undefined || at === undefined) return showMessage('There is no picture to keep yet.');
    saveFile(blob, fileName(streamName(), at, kind === 'png' ? 'png' : 'jpg'));
    showMessage('Snapshot saved');
  }

  async function fileOf(picture: Picture, kind: SnapshotKind): Promise<Blob | undefined> {
    const size = { width: video.videoWidth, height: video.videoHeight };
    if (!boxes.wanted()) return snapshotOf(picture, size, kind);
    await boxes.ready();
    const frame = { ...size, time: picture.time, scale: Math.max(1, size.width / SEEN_WIDTH) };
    return snapshotOf(picture, size, kind, (context) => boxes.paint(context, frame));
  }

  return {
    date,
    copyLink() {
      const at = date();
      if (at !== undefined) void copy(frameLink(location.href, streamName(), at));
    },
    copyMarkerLink: ({ id }) => void copy(markerLink(location.href, streamName(), id)),
    snapshot: (kind) => void keepPicture(kind),
  };
}
