// The pages of fine-tunes: the form, and the page of one while it is trained.
import './finetunes/finetune-form.js';
import './finetunes/live-finetune.js';
import './finetunes/loss-chart.js';
