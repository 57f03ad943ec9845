// The pages of datasets: uploads that can be continued, charts.
import './datasets/bar-chart.js';
import './datasets/dataset-upload.js';
