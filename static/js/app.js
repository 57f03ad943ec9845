// What every page has: htmx, the colour scheme, the model menu, notices.
import 'htmx.org';
import { startAccountMenu } from './account-menu.js';
import { startDeleted } from './deleted.js';
import { startFocus } from './focus.js';
import { startPageKeys } from './keys.js';
import { startLibrary } from './library.js';
import { startMenus } from './menus.js';
import { startModelMenu } from './models.js';
import { startNotices } from './notices.js';
import { startPalette } from './palette.js';
import { startSchemeButton } from './scheme-button.js';
import { startShare } from './share.js';

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
