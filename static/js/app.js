// Parts of every page: htmx, the custom elements, notices, keys, the palette.
import 'htmx.org';
import './elements/copy-text.js';
import './elements/details-menu.js';
import './elements/local-time.js';
import './elements/model-menu.js';
import './elements/modifier-key.js';
import './elements/scheme-button.js';
import './elements/toast-message.js';
import { startEditForms } from './library/edit-form.js';
import { startPalette } from './palette/palette.js';
import { startShare } from './sharing/share.js';
import { startAccountMenu } from './shell/account-menu.js';
import { startDeleted } from './shell/deleted.js';
import { startFocus, startSkip } from './shell/focus.js';
import { startPageKeys } from './shell/keys.js';
import { startNotices } from './shell/notices.js';
import { startSubmitOnce } from './shell/submit-once.js';

startFocus();
startSkip();
startAccountMenu();
startNotices();
startSubmitOnce();
startEditForms();
startShare();
startPageKeys();
startPalette();
startDeleted();
