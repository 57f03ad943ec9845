// What every page has: htmx, the colour scheme, the model menu, notices.
import 'htmx.org';
import { startModelMenu } from './models.js';
import { startNotices } from './notices.js';
import { startSchemeButton } from './scheme-button.js';

startSchemeButton();
startModelMenu();
startNotices();
