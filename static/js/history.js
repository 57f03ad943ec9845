// The history page: filters, and the selected runs.
import { startFilters } from './history/filters.js';
import './history/run-selection.js';

startFilters();
