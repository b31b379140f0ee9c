import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../root.ts';
import { settingsPage } from './settings-page.ts';

writeFileSync(join(ROOT, '.github/docs/settings.md'), settingsPage());
