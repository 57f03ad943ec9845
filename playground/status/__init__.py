"""Whether the site works.

- views: /healthz and /readyz
- urls: their addresses
- apps: registers the app
"""
