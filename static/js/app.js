// What every page has: htmx, the colour scheme, the model menu, notices.
import 'htmx.org';
import { startLibrary } from './library/library.js';
import { startPalette } from './palette/palette.js';
import { startShare } from './sharing/share.js';
import { startAccountMenu } from './shell/account-menu.js';
import { startDeleted } from './shell/deleted.js';
import { startFocus } from './shell/focus.js';
import { startPageKeys } from './shell/keys.js';
import { startMenus } from './shell/menus.js';
import { startModelMenu } from './shell/models.js';
import { startNotices } from './shell/notices.js';
import { startSchemeButton } from './shell/scheme-button.js';

startSchemeButton();
startFocus();
startAccountMenu();
startMenus();
startModelMenu();
startNotices();
startLibrary();
startShare();
startPageKeys();
startPalette();
startDeleted();
