"""Who uses the site, and what is theirs.

- authentication: signing in, sessions, names, passwords
- models: users and people
- people: the person behind a request
- addresses: keyed network addresses
- belongings: what people own, as apps register it
- quotas: how much they may keep
- moving: a guest's things become an account's
- exporting: everything as JSON lines
- leaving: a person goes
- mail: messages to people
- context: what every page says of who looks
- middleware: the guest's cookie
- signals: what follows signing in and out
- views: the account's pages
- email_views: an account's e-mail address, and its confirmation
- urls: their addresses
- admin: users and people for staff
- admin_site: the admin pages
- admin_config: their configuration
- apps: registers the app
"""
