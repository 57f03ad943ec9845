"""The pages of fine-tunes.

- views: the list, and the page of one
- page: what they say of one
- result: what came of it, base against tuned
- work_views: start, stop, reorder, rename, delete
- form_page: the form that starts one
- forms: what is posted
- download_views: what can be taken away
- exports: how that is made
- export_views: the whole model: ask for it, follow it, take it away, delete it
- export_page: what is said of it
- words: durations, sizes and shares
"""
