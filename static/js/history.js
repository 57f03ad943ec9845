// The history page: filters, and what is selected.
import { startFilters } from './history/filters.js';
import './history/run-selection.js';

startFilters();
