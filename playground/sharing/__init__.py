"""What others may read.

- models: links
- shares: links made, revoked, and what they show
- gallery: published prompts
- forks: copies that remember their origin
- branches: what went on from shown runs
- light_runs: many runs, without what only their page needs
- page: the page that others read
- previews: its picture
- forms: the dialogs
- owner_views: the owner's side
- public_views: everybody's side
- model_views: tuned models that others may use
- urls: their addresses
- admin: prompts and links for staff
- belongings: export
- apps: registers the app
"""
