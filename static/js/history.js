// The history page: filters, and the selected runs.
import { startFilters } from './history/filters.js';
import './history/run-selection.js';
import './run/run-tree.js';

startFilters();
