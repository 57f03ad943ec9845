"""Signing in: by allauth and axes, in our words.

- adapter: what allauth does differently here
- emails: an account's address
- forms: the forms
- gate: who may be where without signing in
- hashing: passwords, a few at a time
- locking: too many wrong passwords
- names: what a name may be
- session_store: sessions by keys that are keys
- sessions: whether a session still holds
"""
