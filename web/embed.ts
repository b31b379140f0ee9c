import { find } from './dom/element.ts';
import { listenToKeys } from './dom/keys.ts';
import { readLink } from './dom/links.ts';
import { createMessages } from './dom/messages.ts';
import { createEventLooks } from './markers/event-looks.ts';
import { createFilterState } from './markers/marker-filter.ts';
import { createBoxes } from './objects/boxes.ts';
import { createBoxesMenu } from './panels/boxes-menu.ts';
import { addControls } from './panels/controls.ts';
import { createNotice } from './panels/page.ts';
import { createResume } from './player/resume.ts';
import { createGoTo } from './session/go-to.ts';
import { openSession } from './session/session.ts';
import { createTimelines } from './timeline/timelines.ts';

/** The player with its timeline and nothing else, for pages of other people: wiring. */

const wanted = new URLSearchParams(location.search).get('stream');
const looks = createEventLooks();
const showNotice = createNotice();

const video = find<HTMLVideoElement>('#video');

const session = openSession(video, {
  choose: (answer) => wanted ?? answer.default ?? answer.streams[0]?.name,
  described(stream) {
    document.title = stream.name;
    timelines.describe(stream);
    boxes.describe(stream);
  },
  marked(markers) {
    looks.learn(markers);
    timelines.set(markers);
  },
  moved: () => goTo.forget(),
  painted(state) {
    timelines.draw(state);
    controls.draw(state);
    resume(state);
  },
  ticked(state, view) {
    showNotice(view);
    controls.show(view);
    goTo.tick(state);
    boxes.tick(state);
  },
});
const { player } = session;
for (const id of ['#notice', '#said']) player.add(find(id), 'picture');
const showMessage = createMessages(find('#said'));
const resume = createResume(player, showMessage);
const goTo = createGoTo({ ...session, showMessage });
const timelines = createTimelines({
  player,
  filter: createFilterState(),
  looks,
  pick: goTo.marker,
});
const boxesMenu = createBoxesMenu((wanted) => boxes.change(wanted));
const boxes = createBoxes({
  ...{ video, player, looks, markers: session.markers },
  changed: boxesMenu.show,
});
const controls = addControls(player, boxesMenu.element);
listenToKeys([
  { keys: [' '], label: 'Play or pause', run: () => player.togglePlay() },
  { keys: ['l'], label: 'Go live', run: () => player.goLive() },
  { keys: ['b'], label: 'Boxes on or off', run: boxes.toggle },
  { keys: ['f'], label: 'Full screen', run: () => player.toggleFullScreen() },
]);
openLink();
addEventListener('hashchange', openLink);

function openLink(): void {
  const target = readLink(new URL(location.href));
  if (target !== undefined) goTo.link(target);
}
