import { fromEpochMilliseconds, systemDate } from '../src/clock.ts';
import { signOut } from './api/sign-out.ts';
import type { StreamsAnswer } from './api/stream-watch.ts';
import { createAnnouncer } from './dom/announcer.ts';
import { zoneText } from './dom/clock-text.ts';
import { find } from './dom/element.ts';
import { createKeyHelp, listenToKeys } from './dom/keys.ts';
import { readLink } from './dom/links.ts';
import { createMenu } from './dom/menu.ts';
import { createMessages } from './dom/messages.ts';
import { keep, recall } from './dom/stored.ts';
import { createThemeToggle } from './dom/theme.ts';
import { createEventLooks } from './markers/event-looks.ts';
import { createFilterState, matches } from './markers/marker-filter.ts';
import type { Marker, MarkerList } from './markers/marker-list.ts';
import { createBoxes } from './objects/boxes.ts';
import { createMarkerPictures } from './objects/marker-pictures.ts';
import { createBoxesMenu } from './panels/boxes-menu.ts';
import { createClipPanel } from './panels/clip-panel.ts';
import { clipOfEvent } from './panels/clip-range.ts';
import { addControls } from './panels/controls.ts';
import { createFilterBar } from './panels/filter-bar.ts';
import { createJumpPanel } from './panels/jump-panel.ts';
import { createMarkPanel } from './panels/mark-panel.ts';
import { createPage } from './panels/page.ts';
import { openStartPage, type StartPage } from './panels/start-page.ts';
import { datesOf } from './player/media-clock.ts';
import { createResume } from './player/resume.ts';
import type { SnapshotKind } from './player/snapshot.ts';
import { createGoTo } from './session/go-to.ts';
import { createMoment } from './session/moment.ts';
import { openSession } from './session/session.ts';
import { createChosen } from './table/chosen.ts';
import { timeStyles } from './table/row.ts';
import { createTable } from './table/table.ts';
import { createTimelines } from './timeline/timelines.ts';
import {
  chosenElements,
  clipElements,
  filterElements,
  jumpElements,
  keyElements,
  markElements,
  tableElements,
} from './viewer-elements.ts';
import { viewerKeys } from './viewer-keys.ts';

/** Wiring: what the server tells goes to the player and the views; what the viewer wants goes to the player. */

const wanted = new URLSearchParams(location.search).get('stream');
const page = createPage();
const showMessage = createMessages(find('#said'));
const announce = createAnnouncer(find('#announcer'));
const filter = createFilterState();
const looks = createEventLooks();
const video = find<HTMLVideoElement>('#video');
/** The markers that the filter lets through, oldest first. */
let shown: MarkerList = [];
let startPage: StartPage | undefined;
let mayMark = false;
let isFirstAnswer = true;

const session = openSession(video, {
  choose,
  described(stream) {
    page.describe(stream);
    timelines.describe(stream);
    boxes.describe(stream);
    for (const id of ['#clip', '#chosen-clip']) find(id).hidden = stream.clips === undefined;
  },
  marked(markers, fresh) {
    looks.learn(markers);
    filterBar.draw(markers);
    timelines.set(markers);
    applyFilter(fresh);
    chosen.renew(markers);
    for (const { text } of fresh) announce(text);
  },
  moved: () => goTo.forget(),
  painted(state) {
    timelines.draw(state);
    controls.draw(state);
    resume(state);
  },
  ticked(state, view) {
    const listed = datesOf(state.clock, { start: state.range.start });
    const kept = session.stream()?.keptFrom?.date ?? Number.POSITIVE_INFINITY;
    page.show(view);
    controls.show(view);
    startPage?.show(session.circumstances());
    goTo.tick(state);
    boxes.tick(state);
    table.tick({
      now: fromEpochMilliseconds(session.serverNow()),
      shown: state.date,
      start: state.picture && listed ? Math.min(kept, listed.start) : undefined,
      frameRate: session.stream()?.frameRate ?? 0,
    });
  },
});
const { player } = session;
for (const id of ['#notice', '#said']) player.add(find(id), 'picture');
const snapshotBoxes = find<HTMLInputElement>('#snapshot-boxes > input');
const moment = createMoment(video, session, showMessage, {
  wanted: () => snapshotBoxes.checked,
  ready: () => boxes.ready(),
  paint: (context, frame) => boxes.paint(context, frame),
});
const goTo = createGoTo({ ...session, showMessage });
const resume = createResume(player, showMessage);
const timelines = createTimelines({
  ...{ player, section: find('#overview'), filter, looks, pick },
  goTo: goTo.date,
});
const pictures = createMarkerPictures({ video, ptsOf: player.ptsOf, markers: session.markers });
const table = createTable(tableElements(), looks, {
  pick,
  choose: (marker) => chosen.draw(marker),
  pictureOf: pictures.of,
});
const chosen = createChosen(chosenElements(), {
  link: moment.copyMarkerLink,
  clip: (marker) => clip.openWith(clipOfEvent(marker, fromEpochMilliseconds(session.serverNow()))),
});
const filterBar = createFilterBar(filterElements(), filter, looks);
const boxesMenu = createBoxesMenu((wanted) => boxes.change(wanted));
const boxes = createBoxes({
  ...{ video, player, looks, markers: session.markers },
  changed(has, settings) {
    boxesMenu.show(has, settings);
    find('#snapshot-boxes').hidden = !has;
  },
});
const controls = addControls(player, boxesMenu.element);
const clip = createClipPanel(clipElements(), {
  ...{ stream: session.stream, shown: moment.date, showMessage },
  boxes: () => boxes.settings,
});
const markPanel = createMarkPanel(markElements(), showMessage);
const jumpPanel = createJumpPanel(jumpElements(), {
  stream: session.stream,
  shown: moment.date,
  go: goTo.date,
});
const keys = viewerKeys({
  player,
  markers: () => shown,
  shown: moment.date,
  pick,
  live: () => player.goLive(),
  boxes: boxes.toggle,
  mark,
  copyLink: moment.copyLink,
  snapshot: () => moment.snapshot('png'),
  clip,
  search: filterBar.focus,
  help: () => showKeys(),
});
const showKeys = createKeyHelp(keyElements(), keys);

listenToKeys(keys);
createThemeToggle(find('#theme'));
filter.subscribe(() => applyFilter([]));
find('#help').addEventListener('click', showKeys);
find('#sign-out').addEventListener('click', () => void signOut(showMessage));
find('#mark').addEventListener('click', mark);
find('#copy-link').addEventListener('click', moment.copyLink);
find('#jump').addEventListener('click', jumpPanel.toggle);
find('#clip').addEventListener('click', clip.toggle);
const snapshotMenu = find<HTMLDetailsElement>('#snapshot');
createMenu(snapshotMenu);
snapshotMenu.addEventListener('click', ({ target }) => {
  const kind = (target as HTMLElement).dataset.kind as SnapshotKind | undefined;
  if (kind === undefined) return;
  snapshotMenu.open = false;
  moment.snapshot(kind);
});
for (const [box, key] of [
  [snapshotBoxes, 'snapshot-boxes'],
  [find<HTMLInputElement>('#clip-boxes > input'), 'clip-boxes'],
] as const) {
  box.checked = recall(key, ['off', 'on']) === 'on';
  box.addEventListener('change', () => keep(key, box.checked ? 'on' : 'off'));
}
const timeStyle = find<HTMLSelectElement>('#time-style');
timeStyle.options[0]?.append(` (${zoneText(systemDate())})`);
timeStyle.value = recall('time-style', timeStyles);
const styleTimes = () => table.setTimeStyle(timeStyles.find((style) => style === timeStyle.value) ?? 'clock');
timeStyle.addEventListener('change', () => {
  keep('time-style', timeStyle.value);
  styleTimes();
});
styleTimes();
openLink();
addEventListener('hashchange', openLink);

function choose(answer: StreamsAnswer): string | undefined {
  mayMark = answer.mayMark;
  find('#mark').hidden = !mayMark;
  find('#sign-out').hidden = answer.session !== true;
  const { streams } = answer;
  if (isFirstAnswer && wanted === null && streams.length > 1) startPage = openStartPage();
  isFirstAnswer = false;
  startPage?.draw(streams);
  if (startPage !== undefined) return undefined;
  const name = wanted ?? answer.default ?? streams[0]?.name;
  page.listStreams(
    streams.map((stream) => stream.name),
    name,
  );
  return name;
}

function applyFilter(fresh: MarkerList): void {
  const all = session.markers() ?? [];
  const now = filter.get();
  shown = all.filter((marker) => matches(now, marker));
  table.draw(shown, fresh);
  page.count(all.length, shown.length);
}

function openLink(): void {
  const target = readLink(new URL(location.href));
  if (target !== undefined) goTo.link(target);
}

function pick(marker: Marker): void {
  goTo.marker(marker);
}

function mark(): void {
  const [date, stream] = [moment.date(), session.stream()];
  if (mayMark && date !== undefined && stream !== undefined) markPanel.ask(stream.name, date);
}

/** For tests and the curious, read only: the player's state, the markers, and where the bar shows them. */
Object.defineProperty(window, 'hlsstream', {
  value: Object.freeze({
    state: () => player.state(),
    stream: session.stream,
    markers: () => session.markers() ?? [],
    placeOf: (id: string) => timelines.placeOf(id),
  }),
});
