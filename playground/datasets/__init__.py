"""Datasets: files of examples to train on, checked and put into one form.

- reading: recognises what a file is and reads its rows, with line and byte
- checks: what is wrong with a file, in sentences
- fixes: new files in which a finding is gone
- splitting: the rows that are held out
- durations: how long a fine-tune should take
"""
