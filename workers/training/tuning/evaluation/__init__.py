"""What a fine-tune is worth: base against tuned on the rows that were held out.

`evaluate.evaluate` measures both networks on the same rows within a budget of time; what it finds
is an `report.Evaluation`, which becomes `result/evaluation.json`.

- rows: rows of a dataset in tokens
- metrics: accuracy, macro-F1, confusion matrix
- intervals: Wilson, bootstrap, sign test
- chrf: chrF++ by sacrebleu
- cached: the network with its keys and values kept
- greedy: greedy text
- labels: scores of whole labels, and the fair ways to choose by them
- losses: losses of completions
- budget: bounds on rows, memory and time
- measure: one network on the held-out rows
- evaluate: base and tuned, compared
- verdict: better, or learnt nothing, and the rule
- mistakes: rows whose label the tuned model contradicts
- report: the fields of `evaluation.json`
- results: `results.csv`
- card: `card.md`
"""
