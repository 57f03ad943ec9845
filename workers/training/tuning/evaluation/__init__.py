"""What a fine-tune is worth: base against tuned on the rows that were held out.

`evaluate.evaluate` measures both models on the same rows within a budget of time. What it finds is
a `report.Evaluation`, which `job.write_results_of_job` writes into the job's folder.

- rows: rows of a dataset
- metrics: accuracy, macro-F1, confusion matrix
- intervals: Wilson, bootstrap, sign test
- chrf: chrF++ by sacrebleu
- read_prompts: prompts that are read once, with continuations side by side
- labels: scores of whole labels, and the fair ways to choose by them
- budget: bounds on rows, memory and time
- measure: one network on the held-out rows
- evaluate: the whole evaluation
- compare: the figures of both, side by side
- verdict: better, or learnt nothing, and the rule
- mistakes: rows whose label the tuned model contradicts
- report: the fields of `evaluation.json`
- results: `results.csv`
- card: `card.md`
- job: these three files of a job
"""
