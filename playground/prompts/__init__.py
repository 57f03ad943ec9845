"""What a prompt is: plain values, no pages.

- formats: how each template builds its prompt
- catalog: the templates
- fields: kinds of fields
- escapes: stop sequences on a line
- typed_numbers: numbers as people type them
- variables: {{name}} in a text
- variable_checks: what a variable must be
- document: the free page's document
- form: what a page posts, checked
- state: from stored states to forms
- trials: the free page as a tuned model is tried
- fitting: the finished prompt, and whether it fits
- tables: tables in texts
- segments: labels and variables of a text
- near_misses: what was nearly typed
- parameter_texts: parameters in words
- parameter_panel: parameters against their defaults
- run_output: what came of a run
- converters: a template in an address
- apps: registers tags and converter
"""
